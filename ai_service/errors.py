"""Every refusal a caller can see, numbered as in the wire contract.

A class's docstring is its message.
"""

from typing import ClassVar


class ServiceError(Exception):
    """The AI service failed; the request_id finds the reason in its log."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL"
    number: ClassVar[int] = 9001
    retryable: ClassVar[bool] = True

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or " ".join((self.__doc__ or "").split())
        self.details = details
        super().__init__(self.message)


class InvalidRequestError(ServiceError):
    """The request is not of the form that the wire contract gives."""

    status, code, number, retryable = 400, "INVALID_PARAMETER", 1004, False


class NoSuchPathError(InvalidRequestError):
    """Nothing is served here: send POST /chat, or GET /health."""

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


class ClientGoneError(ServiceError):
    """The client went away before the answer."""

    status, code, number = 499, "AI_SERVICE_FAILED", 4001


class ShuttingDownError(ServiceError):
    """The AI service is shutting down; try again."""

    status, code, number = 503, "OVERLOADED", 5004
