from ai_service.errors import (
    BodyTooLargeError,
    InvalidRequestError,
    ModelFailedError,
    ModelTimeoutError,
    OverloadedError,
    RateLimitedError,
    ServiceError,
    UnauthenticatedError,
)

_KINDS: dict[int, type[ServiceError]] = {
    kind.status: kind
    for kind in (
        UnauthenticatedError,
        BodyTooLargeError,
        RateLimitedError,
        ModelFailedError,
        OverloadedError,
        ModelTimeoutError,
    )
}
_FIRST_SERVER_STATUS = 500


def failure(status: int, retry_after: int | None = None) -> ServiceError:
    family = InvalidRequestError if status < _FIRST_SERVER_STATUS else ServiceError
    error = _KINDS.get(status, family)(f"A simulated failure with status {status}.")
    error.status = status
    if retry_after is not None:
        error.headers = {**error.headers, "Retry-After": str(retry_after)}
    return error
