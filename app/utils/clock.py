from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-01-31T08:00:00.000000Z`: always UTC, always six digits, as the wire contract says."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
