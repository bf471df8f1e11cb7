"""Every refusal a caller can see, numbered as in the wire contract.

A class's docstring is its message.
"""

from collections.abc import Mapping
from types import MappingProxyType


class ServiceError(Exception):
    """The AI service failed; the request_id finds the reason in its log."""

    status: int = 500
    code: str = "INTERNAL"
    number: int = 9001
    retryable: bool = True
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or " ".join((self.__doc__ or "").split())
        self.details = details
        super().__init__(self.message)


class InvalidRequestError(ServiceError):
    """The request is not of the form that the wire contract gives."""

    status, code, number, retryable = 400, "INVALID_PARAMETER", 1004, False


class NoSuchPathError(InvalidRequestError):
    """Nothing is served here: send POST /chat, POST /v1/chat/completions, or GET /health."""

    status = 404


class NoSuchMethodError(InvalidRequestError):
    """This path does not take this method: send POST /chat, or GET /health."""

    status = 405


class BodyTooLargeError(ServiceError):
    """The request body is larger than this service takes."""

    status, code, number, retryable = 413, "FRAME_TOO_LARGE", 1006, False


class UnauthenticatedError(ServiceError):
    """The API key is missing or wrong: send the header Authorization: Bearer and the key."""

    status, code, number, retryable = 401, "UNAUTHENTICATED", 5001, False
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class ClientGoneError(ServiceError):
    """The client went away before the answer."""

    status, code, number = 499, "AI_SERVICE_FAILED", 4001


class RateLimitedError(ServiceError):
    """Too many requests: try again after the time that Retry-After gives."""

    status, code, number = 429, "RATE_LIMITED", 5003

    def __init__(self, message: str | None = None, *, retry_after: str | None = "1") -> None:
        super().__init__(message)
        if retry_after is not None:
            self.headers = {"Retry-After": retry_after}


class OverloadedError(ServiceError):
    """The AI service cannot answer now; try again."""

    status, code, number = 503, "OVERLOADED", 5004


class ShuttingDownError(OverloadedError):
    """The AI service is shutting down; try again."""


class ModelFailedError(ServiceError):
    """The model behind the AI service failed; the request_id finds the reason in its log."""

    status, code, number = 502, "AI_SERVICE_FAILED", 4001


class ModelTimeoutError(ServiceError):
    """The model behind the AI service did not answer in time."""

    status, code, number = 504, "AI_SERVICE_TIMEOUT", 4002


class ConnectionCutError(ServiceError):
    """The reply ends here, without its end: the connection is cut."""
