from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.services.ai.calls.retry_after import retry_after_s


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0), (" 7 ", 7.0), ("599", 599.0), ("3600", 600.0), ("9" * 5000, 600.0),
        (None, None), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("nan", None),
        ("٣", None), ("Fri, 99 Foo 2020", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0), ("Fri, 31 Dec 9999 23:59:59 GMT", 600.0),
        ("Fri, 31 Dec 1999 23:59:59 -0000", 0.0),
    ],
)  # fmt: skip
def test_seconds_dates_and_nonsense(header: str | None, seconds: float | None) -> None:
    """Bounded to ten minutes, and never negative."""
    assert retry_after_s(header) == seconds


def test_a_date_is_counted_from_now() -> None:
    """Within the second that such dates are exact to."""
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    seconds = retry_after_s(header)
    assert seconds is not None
    assert 60 < seconds <= 120
