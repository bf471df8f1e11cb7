"""Every refusal a client can see: one class each, numbered as in `docs/wire-contract.md`.

A class's docstring is its message. What an edge does with an error (HTTP status, frame, close
code) follows from its `kind` alone, so services never think of transport.
"""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class AppError(Exception):
    """Something went wrong inside the service."""

    code: ClassVar[str] = "INTERNAL"
    number: ClassVar[int] = 9001
    kind: ClassVar[Kind] = Kind.INTERNAL
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or " ".join((self.__doc__ or "").split())
        self.details = details
        super().__init__(self.message)


class InternalError(AppError):
    """The service failed; the request_id finds the reason in its log."""

    retryable = True


class ContentEmpty(AppError):
    """The content is empty: send 1 to 5000 characters."""

    code, number, kind = "CONTENT_EMPTY", 1001, Kind.INVALID


class ContentTooLong(AppError):
    """The content is longer than 5000 characters."""

    code, number, kind = "CONTENT_TOO_LONG", 1002, Kind.INVALID


class GroupIdMissing(AppError):
    """Name the conversation: group_id, or session_id for a one-to-one session with the AI."""

    code, number, kind = "GROUP_ID_MISSING", 1003, Kind.INVALID


class InvalidParameter(AppError):
    """A parameter is not of the form that the wire contract gives."""

    code, number, kind = "INVALID_PARAMETER", 1004, Kind.INVALID


class NoSuchPath(InvalidParameter):
    """Nothing is served at this path; /docs lists what is."""

    kind = Kind.NOT_FOUND


class ClientMsgIdConflict(AppError):
    """This client_msg_id was used in this group for another content."""

    code, number, kind = "CLIENT_MSG_ID_CONFLICT", 1005, Kind.CONFLICT


class FrameTooLarge(AppError):
    """The frame or the request body is larger than this service takes."""

    code, number, kind = "FRAME_TOO_LARGE", 1006, Kind.TOO_LARGE


class UserNotFound(AppError):
    """There is no user with this user_id."""

    code, number, kind = "USER_NOT_FOUND", 2001, Kind.NOT_FOUND


class AlreadyMember(AppError):
    """This user is a member of the group already."""

    code, number, kind = "ALREADY_MEMBER", 2002, Kind.INVALID


class NotAMember(AppError):
    """This user is not a member of the group."""

    code, number, kind = "NOT_A_MEMBER", 2003, Kind.NOT_FOUND


class GroupNotFound(AppError):
    """There is no group with this group_id, or you are not in it."""

    code, number, kind = "GROUP_NOT_FOUND", 3001, Kind.NOT_FOUND


class MessageNotFound(AppError):
    """There is no message with this message_id, or you are not in its group."""

    code, number, kind = "MESSAGE_NOT_FOUND", 3002, Kind.NOT_FOUND


class InteractionNotFound(MessageNotFound):
    """This AI interaction does not exist, or you are not a member of its group."""


class StreamNotFound(MessageNotFound):
    """No such reply is under way: it has ended, or you are not a member of its group."""


class Repeatable:
    """What an error that ended one attempt tells whoever may make the next."""

    worth_repeating: bool = False
    retry_after_s: float | None = None


class AIServiceFailed(Repeatable, AppError):
    """The AI service could not be reached or answered with an error."""

    code, number, kind, retryable = "AI_SERVICE_FAILED", 4001, Kind.UNAVAILABLE, True


class AIServiceTimeout(Repeatable, AppError):
    """The AI service did not answer in time."""

    code, number, kind, retryable = "AI_SERVICE_TIMEOUT", 4002, Kind.UNAVAILABLE, True


class AIBadResponse(Repeatable, AppError):
    """The AI service's answer is not of the form {"reply": "text"}."""

    code, number, kind, retryable = "AI_BAD_RESPONSE", 4003, Kind.UNAVAILABLE, True


class AIUnavailable(Repeatable, AppError):
    """No AI service is set up: the operator sets AI_SERVICE_URL and starts the service again."""

    code, number, kind = "AI_UNAVAILABLE", 4004, Kind.UNAVAILABLE


class Unauthenticated(AppError):
    """The token is missing, invalid or expired."""

    code, number, kind = "UNAUTHENTICATED", 5001, Kind.UNAUTHENTICATED


class Forbidden(AppError):
    """You may not do this."""

    code, number, kind = "FORBIDDEN", 5002, Kind.FORBIDDEN


class RateLimited(AppError):
    """Too many requests; slow down and try again."""

    code, number, kind, retryable = "RATE_LIMITED", 5003, Kind.RATE_LIMITED, True

    @property
    def retry_after_s(self) -> float:
        told = self.details.get("retry_after_s")
        return told if isinstance(told, float) else 1.0


class Overloaded(AppError):
    """More messages are waiting than the service can store in time; try again."""

    code, number, kind, retryable = "OVERLOADED", 5004, Kind.UNAVAILABLE, True


class DatabaseUnavailable(Overloaded):
    """The database cannot be reached or is busy: try again, with the same client_msg_id."""


class KeySetUnavailable(Overloaded):
    """The keys that tokens are checked with cannot be fetched; the token may be good, try again."""
