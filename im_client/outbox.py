import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from im_client.backoff import Backoff
from im_client.connection import Connection
from im_client.errors import IMError, IMUnacknowledgedError
from im_client.events import ErrorFrame, MessageSent
from im_client.frames import SendMessage

_IN_FLIGHT = 64.0
_ID_MAX = 64

_Key = tuple[str, str]


def _answer() -> "asyncio.Future[MessageSent]":
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True, eq=False)
class _Entry:
    key: _Key
    data: bytes
    sent: bool = False
    in_flight: bool = False
    answer: "asyncio.Future[MessageSent]" = field(default_factory=_answer)


class Outbox:
    """Sends that wait for their acknowledgement, in the order in which they were started.

    Each connection carries all of them again, in that order, until they are answered. A refusal
    that may pass slows the writing down: it pauses, and fewer are under way at once.
    """

    def __init__(self, url: str, user_id: str, backoff: Backoff) -> None:
        self._url = url
        self._own_session = f"session_{user_id}"
        self._backoff = backoff
        self._entries: dict[_Key, _Entry] = {}
        self._unwritten: OrderedDict[_Key, _Entry] = OrderedDict()
        self._in_flight = 0
        self._window = _IN_FLIGHT
        self._refused = False
        self._changed = asyncio.Event()

    async def send(self, frame: SendMessage, timeout_s: float | None) -> MessageSent:
        entry = self._enter(frame)
        try:
            async with asyncio.timeout(timeout_s):
                return await entry.answer
        except TimeoutError as exc:
            raise self._unknown(entry, f"no acknowledgement within {timeout_s:g} s") from exc
        finally:
            entry.answer.cancel()
            self._land(entry)
            self._unwritten.pop(entry.key, None)
            del self._entries[entry.key]

    async def write_to(self, connection: Connection) -> None:
        """For as long as the connection lasts."""
        self._in_flight = 0
        for entry in self._entries.values():
            entry.in_flight = False
        self._start_over()
        while True:
            if self._refused:
                self._window = max(1.0, self._window / 2)
                await asyncio.sleep(self._backoff.next())
                self._start_over()
            elif self._unwritten and self._in_flight < self._window:
                await self._write(self._unwritten.popitem(last=False)[1], connection)
            else:
                self._changed.clear()
                await self._changed.wait()

    def acknowledge(self, message: MessageSent) -> None:
        entry = self._entries.get((message.group_id, message.client_msg_id or ""))
        if entry is not None and not entry.answer.done():
            self._backoff.reset()
            self._window = min(_IN_FLIGHT, self._window + 1 / self._window)
            entry.answer.set_result(message)
            self._land(entry)

    def refuse(self, error: ErrorFrame) -> bool:
        """Whether the error belongs to a send here. One that may pass is tried again."""
        entry = self._named_in(error)
        if entry is None:
            return False
        if error.retryable:
            self._refused = True
        elif not entry.answer.done():
            entry.answer.set_exception(IMError(error.code, error.number, error.message))
        self._land(entry)
        return True

    def fail(self, reason: str) -> None:
        """No connection will come any more."""
        for entry in self._entries.values():
            if not entry.answer.done():
                entry.answer.set_exception(self._unknown(entry, reason))

    def _enter(self, frame: SendMessage) -> _Entry:
        own_id = frame.client_msg_id
        if not (1 <= len(own_id) <= _ID_MAX and own_id.isprintable()):
            raise ValueError(f"client_msg_id is 1 to {_ID_MAX} printable characters")
        key = (frame.group_id or self._own_session, own_id)
        if key in self._entries:
            raise ValueError(f"client_msg_id {own_id} is already on its way")
        entry = self._entries[key] = self._unwritten[key] = _Entry(key, frame.encoded())
        self._changed.set()
        return entry

    async def _write(self, entry: _Entry, connection: Connection) -> None:
        entry.in_flight = entry.sent = True
        self._in_flight += 1
        try:
            await connection.send(entry.data)
        except IMError as exc:
            if not entry.answer.done():
                entry.answer.set_exception(exc)

    def _land(self, entry: _Entry) -> None:
        if entry.in_flight:
            entry.in_flight = False
            self._in_flight -= 1
        self._changed.set()

    def _start_over(self) -> None:
        self._refused = False
        waiting = ((k, e) for k, e in self._entries.items() if not e.in_flight)
        self._unwritten = OrderedDict((k, e) for k, e in waiting if not e.answer.done())

    def _named_in(self, error: ErrorFrame) -> _Entry | None:
        """The server repeats no group_id that cannot be one."""
        if error.group_id is not None:
            return self._entries.get((error.group_id, error.client_msg_id or ""))
        entries = self._entries.values()
        return next((e for e in entries if e.key[1] == error.client_msg_id), None)

    def _unknown(self, entry: _Entry, reason: str) -> IMUnacknowledgedError:
        return IMUnacknowledgedError(self._url, reason, entry.key[1], sent=entry.sent)
