import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from app.utils.clock import utc_now

MAX_S = 600.0


def retry_after_s(header: str | None) -> float | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3), at most ten minutes; None where it is neither."""
    value = (header or "").strip()
    if re.fullmatch("[0-9]+", value):
        return min(float(value), MAX_S)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    wait = moment.replace(tzinfo=moment.tzinfo or UTC) - utc_now()
    return min(max(wait.total_seconds(), 0.0), MAX_S)
