"""Whether an attempt that failed is followed by another. This is the one layer of retries."""

import random

from app.config import AISettings
from app.errors import AppError, Repeatable


def pause_before_next(error: AppError, attempts: int, settings: AISettings) -> float | None:
    """Seconds, with full jitter (Brooker, "Exponential Backoff And Jitter", 2015), or what the
    service asks for, where that is longer. None: it is not worth it, or this was the last one."""
    if not (isinstance(error, Repeatable) and error.worth_repeating):
        return None
    if attempts >= settings.ai_max_attempts:
        return None
    longest = min(settings.ai_retry_cap_seconds, settings.ai_retry_seconds * 2 ** (attempts - 1))
    return max(random.uniform(0, longest), error.retry_after_s or 0.0)  # noqa: S311 - no secret
