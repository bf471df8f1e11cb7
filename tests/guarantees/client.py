"""A client that holds the service to its contract: it takes messages one by one in order, syncs on
every connect, pages where a sync says so, and writes down all that it does and sees."""

import asyncio
import random
from collections.abc import Sequence

import httpx2
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.guarantees.history import History, user_of
from tests.guarantees.line import Line, Manner
from tests.guarantees.sending import UNKNOWN, Answer, Outgoing, by_http, recorded
from tests.guarantees.view import Frame, GroupsView

FINAL_CLOSES = range(4500, 5000)
LOST = (OSError, TimeoutError, WebSocketException, httpx2.HTTPError)


class Device:
    """`name` is `user/number`. It connects to any of the ports, each time anew."""

    def __init__(
        self,
        name: str,
        ports: Sequence[int],
        history: History,
        manner: Manner,
        dice: random.Random,
    ) -> None:
        self.name = name
        self.user = user_of(name)
        self.view = GroupsView(name, history)
        self.ready = asyncio.Event()
        """Set while a connection is open and greeted."""
        self.online = asyncio.Event()
        """Cleared by who wants this device to stay away once it is disconnected."""
        self.online.set()
        self._ports = ports
        self._history = history
        self._manner = manner
        self._wish = "" if manner.partial else "?deltas=0"
        self._dice = dice
        self._http = {port: _http_client(port, self.user, manner.answer_s) for port in ports}
        self._epoch = ""
        self._line: Line | None = None

    @property
    def caught_up(self) -> bool:
        """No sync is under way."""
        return self.ready.is_set() and self._line is not None and not self._line.asked

    async def run(self) -> None:
        """For ever, or until the server says not to come back."""
        failures = 0
        code: int | None = None
        while code not in FINAL_CLOSES:
            try:
                code = await self._connected()
                failures = 0
            except LOST:
                code = None
                failures += 1
            most = min(self._manner.longest_backoff_s, 0.02 * 2.0**failures)
            await asyncio.sleep(self._dice.uniform(0.01, most))
            await self.online.wait()

    async def close(self) -> None:
        for http in self._http.values():
            await http.aclose()

    def drop(self) -> None:
        """Goes without a word, as a phone does."""
        if self._line is not None:
            self._line.socket.transport.abort()

    async def by_socket(self, message: Outgoing) -> Answer:
        """One try, on whatever connection is open or comes next."""
        await self.ready.wait()
        if self._line is None:
            return UNKNOWN
        return await recorded(self._history, self.name, message, self._line.desk.send(message))

    async def by_http(self, message: Outgoing) -> Answer:
        http = self._http[self._dice.choice(self._ports)]
        return await recorded(self._history, "http", message, by_http(http, message))

    async def drained(self) -> None:
        """Until all that the server had queued for this device has been taken."""
        await self.ready.wait()
        if self._line is not None:
            await self._line.ping()

    async def _connected(self) -> int | None:
        """One connection from its opening to its end: the close code, where there was one."""
        line: Line | None = None
        port = self._dice.choice(self._ports)
        try:
            async with self._connect(port) as socket:
                greeting = msgspec.json.decode(await socket.recv())
                if greeting["type"] == "connected":
                    line = Line(
                        self.name, socket, self._http[port], self._history, self.view, self._manner
                    )
                    await self._serve(line, greeting)
            return socket.close_code
        finally:
            if line is not None:
                line.closed()

    def _connect(self, port: int) -> connect:
        return connect(
            f"ws://127.0.0.1:{port}/ws/{self.user}{self._wish}",
            proxy=None,
            compression=None,
            max_size=None,
            open_timeout=self._manner.heartbeat_timeout_s,
            ping_interval=self._manner.heartbeat_s,
            ping_timeout=self._manner.heartbeat_timeout_s,
            close_timeout=1,
        )

    async def _serve(self, line: Line, greeting: Frame) -> None:
        if greeting["epoch"] != self._epoch:
            self._epoch = greeting["epoch"]
            self.view.forget_all()
        self._line = line
        try:
            await line.greeted(greeting)
            self.ready.set()
            await line.serve()
        finally:
            self.ready.clear()
            self._line = None
            line.lost()


def _http_client(port: int, user: str, timeout_s: float) -> httpx2.AsyncClient:
    """A connection for each call, since one that a fault has hit would fail the next call."""
    return httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        headers={"X-User-Id": user},
        limits=httpx2.Limits(max_keepalive_connections=0),
        trust_env=False,
        timeout=timeout_s,
    )
