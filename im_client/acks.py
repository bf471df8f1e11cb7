import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from im_client.errors import IMError, IMUnacknowledgedError
from im_client.events import ErrorFrame, MessageSent


class Acks:
    """Sends that wait for their acknowledgement, by `client_msg_id`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, asyncio.Future[MessageSent]] = {}

    @contextmanager
    def expect(self, client_msg_id: str) -> Iterator[asyncio.Future[MessageSent]]:
        if client_msg_id in self._waiting:
            raise ValueError(f"client_msg_id {client_msg_id} is already on its way")
        future: asyncio.Future[MessageSent] = asyncio.get_running_loop().create_future()
        self._waiting[client_msg_id] = future
        try:
            yield future
        finally:
            del self._waiting[client_msg_id]

    def resolve(self, event: MessageSent) -> None:
        future = self._waiting.get(event.client_msg_id or "")
        if future is not None and not future.done():
            future.set_result(event)

    def reject(self, frame: ErrorFrame) -> bool:
        """Whether the error belonged to a waiting send, which then raises it."""
        future = self._waiting.get(frame.client_msg_id or "")
        if future is None:
            return False
        if not future.done():
            future.set_exception(
                IMError(frame.code, frame.number, frame.message, retryable=frame.retryable)
            )
        return True

    def fail_all(self, reason: str) -> None:
        for client_msg_id, future in self._waiting.items():
            if not future.done():
                future.set_exception(IMUnacknowledgedError(self._url, reason, client_msg_id))
