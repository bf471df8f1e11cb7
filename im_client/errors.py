"""What can go wrong between a program and the IM service."""

from typing import Any

import msgspec

UNAUTHENTICATED_CLOSE = 4500
_FINAL_CLOSES = {
    UNAUTHENTICATED_CLOSE: "the token is missing, invalid or expired",
    4501: "it did not understand a frame",
    4503: "no longer allowed",
}
_UNAUTHENTICATED_STATUS = 401
_RETRYABLE_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class IMClientError(Exception):
    """Base of everything this package raises on purpose."""


class IMError(IMClientError):
    """The server refused, in its own words.

    `status` is the HTTP status, None when the refusal came as an `error` frame. An answer that is
    not in the service's envelope (a proxy's page, say) has number 0 and the code `HTTP_<status>`.
    """

    def __init__(
        self,
        code: str,
        number: int,
        message: str,
        *,
        retryable: bool = False,
        details: dict[str, Any] | None = None,
        request_id: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(f"{message} ({code} {number})")
        self.code = code
        self.number = number
        self.message = message
        self.retryable = retryable
        self.details = details or {}
        self.request_id = request_id
        self.status = status


class IMConnectionError(IMClientError):
    """The server could not be reached, or the connection to it was lost."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no connection to {url}: {reason}")
        self.url = url
        self.reason = reason


class IMUnacknowledgedError(IMConnectionError):
    """No acknowledgement came: the message may or may not be stored.

    Sending it again with the same `client_msg_id` is safe; the server stores it once. `sent` tells
    whether this call has put it on the wire at all: where it has not, it has stored nothing.
    """

    def __init__(self, url: str, reason: str, client_msg_id: str, *, sent: bool = True) -> None:
        super().__init__(url, reason)
        self.client_msg_id = client_msg_id
        self.sent = sent


class IMClosedError(IMClientError):
    """The server closed the socket for good (4500–4999): reconnecting would not help."""

    def __init__(self, code: int, reason: str) -> None:
        words = reason or _FINAL_CLOSES.get(code, "no reason given")
        super().__init__(f"the server closed the connection: {words} ({code})")
        self.code = code
        self.reason = reason


class IMTokenError(IMClientError):
    """The program's token callback gave no token; its own exception is the cause."""


class IMProtocolError(IMClientError):
    """The server sent what the wire contract does not allow."""


class _Body(msgspec.Struct, frozen=True):
    code: str
    number: int
    message: str
    retryable: bool = False
    details: dict[str, Any] | None = None
    request_id: str | None = None


class _Envelope(msgspec.Struct, frozen=True):
    error: _Body


def error_from_response(status: int, content: bytes) -> IMError:
    try:
        body = msgspec.json.decode(content, type=_Envelope).error
    except msgspec.DecodeError:
        body = _Body(
            f"HTTP_{status}", 0, f"unexpected answer {status}", status in _RETRYABLE_STATUS
        )
    return IMError(status=status, **msgspec.structs.asdict(body))


def is_transient(error: IMClientError) -> bool:
    """Whether the same attempt may succeed later."""
    if isinstance(error, IMError):
        return error.retryable
    return isinstance(error, IMConnectionError | IMTokenError)


def is_unauthenticated(error: IMClientError) -> bool:
    """Whether another token may help."""
    if isinstance(error, IMError):
        return error.status == _UNAUTHENTICATED_STATUS
    return isinstance(error, IMClosedError) and error.code == UNAUTHENTICATED_CLOSE
