from datetime import UTC, datetime
from functools import lru_cache


def utc_now() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=8)
def rfc3339(moment: datetime) -> str:
    """`2026-01-31T08:00:00.000000Z`: always UTC, always six digits, as the wire contract says. The
    messages of a batch share one moment."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
