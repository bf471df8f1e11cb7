from typing import Any

from ai_service.errors import ModelFailedError, ModelTimeoutError, RateLimitedError, ServiceError


def failure_of(error: Exception) -> ServiceError:
    """The providers' SDKs share no error classes, but their names, and carry the answer alike."""
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return ModelTimeoutError()
    if getattr(error, "status_code", None) == RateLimitedError.status:
        response: Any = getattr(error, "response", None)
        return RateLimitedError(retry_after=getattr(response, "headers", {}).get("retry-after"))
    return ModelFailedError()


def reason_of(error: Exception) -> str:
    """On one line, and without the values that Pydantic's own text shows: one may be the key."""
    faults: Any = getattr(error, "errors", None)
    text = "; ".join(str(fault["msg"]) for fault in faults()) if callable(faults) else str(error)
    return " ".join(text.split())
