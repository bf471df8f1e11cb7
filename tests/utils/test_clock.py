from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.utils.clock import rfc3339, utc_now

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 1, 31, 8, tzinfo=UTC), "2026-01-31T08:00:00.000000Z"),
        (datetime(2026, 1, 31, 8, 0, 0, 120_000, tzinfo=UTC), "2026-01-31T08:00:00.120000Z"),
        (datetime(2026, 1, 31, 7, 59, 59, 999_999, tzinfo=CHINA), "2026-01-30T23:59:59.999999Z"),
    ],
)
def test_moments_are_written_in_utc_with_six_digits(moment: datetime, written: str) -> None:
    """Wherever they were taken, and also at a whole second."""
    assert rfc3339(moment) == written


def test_now_knows_its_zone() -> None:
    """A time without one means something else on every machine."""
    assert utc_now().utcoffset() == timedelta(0)
