"""How long calls took here: a caller that is busy itself learns of an answer late."""

import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ai_service.schemas import CallTime

clock = time.perf_counter


class CallTimes:
    """Of each key the last call, and of the keys the newest."""

    def __init__(self, max_keys: int) -> None:
        self._max_keys = max_keys
        self.reset()

    def reset(self) -> None:
        self._by_key: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def keep(self, key: str, first_s: float, total_s: float) -> None:
        self._by_key[key] = first_s, total_s
        self._by_key.move_to_end(key)
        if len(self._by_key) > self._max_keys:
            self._by_key.popitem(last=False)

    def snapshot(self) -> dict[str, CallTime]:
        return {
            key: CallTime(first_ms=round(first_s * 1000, 3), total_ms=round(total_s * 1000, 3))
            for key, (first_s, total_s) in self._by_key.items()
        }


class TimedCalls:
    """Keeps the times of all calls with a key that are answered by a whole 200."""

    def __init__(self, app: ASGIApp, times: CallTimes, max_key_length: int) -> None:
        self._app = app
        self._times = times
        self._max_key_length = max_key_length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key_of(scope)
        if key is None or len(key) > self._max_key_length:
            await self._app(scope, receive, send)
            return
        watch = Watch(receive, send)
        await self._app(scope, watch.receive, watch.send)
        if watch.first_s is not None and watch.total_s is not None:
            self._times.keep(key, watch.first_s, watch.total_s)


@dataclass(slots=True)
class Watch:
    """Runs from the end of the request's body to the last byte of the answer's."""

    receive_next: Receive
    send_on: Send
    read_at: float | None = None
    succeeded: bool = False
    first_s: float | None = None
    total_s: float | None = None

    async def receive(self) -> Message:
        message = await self.receive_next()
        if self.read_at is None and not message.get("more_body"):
            self.read_at = clock()
        return message

    async def send(self, message: Message) -> None:
        await self.send_on(message)
        if message["type"] == "http.response.start":
            self.succeeded = message["status"] == 200  # noqa: PLR2004 - the one that is a reply
        elif self.succeeded and self.read_at is not None:
            passed = clock() - self.read_at
            if self.first_s is None and message.get("body"):
                self.first_s = passed
            if not message.get("more_body"):
                self.total_s = passed


def _key_of(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    return Headers(scope=scope).get("idempotency-key")
