"""A TCP relay that misbehaves on request, in each direction, while connections run through it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Self

CHUNK = 65536
DRIP_SECONDS = 0.02
LINGER_NOT = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: a close throws away what is unsent and sends RST."""

Address = tuple[str, int] | str
"""Host and port, or the path of a Unix socket."""


class Direction(Enum):
    TO_SERVER = "to server"
    TO_CLIENT = "to client"


@dataclass(frozen=True, slots=True)
class Shape:
    """How bytes of one direction travel. `bytes_per_s` None: as fast as they come."""

    delay_s: float = 0.0
    bytes_per_s: int | None = None

    @property
    def chunk(self) -> int:
        if self.bytes_per_s is None:
            return CHUNK
        return max(1, int(self.bytes_per_s * DRIP_SECONDS))

    @property
    def pause_s(self) -> float:
        return self.delay_s + (0.0 if self.bytes_per_s is None else DRIP_SECONDS)


NORMAL = Shape()
BOTH = tuple(Direction)


class Link:
    """One connection through the proxy: two sockets, and a pump for each direction."""

    def __init__(self, client: "Ends", server: "Ends", shapes: dict[Direction, Shape]) -> None:
        self._writers = (client[1], server[1])
        self._shapes = shapes
        self._open = {direction: asyncio.Event() for direction in Direction}
        self.thaw()
        self._pumps = [
            asyncio.create_task(self._pump(Direction.TO_SERVER, client[0], server[1])),
            asyncio.create_task(self._pump(Direction.TO_CLIENT, server[0], client[1])),
        ]

    @property
    def frozen(self) -> bool:
        return not all(event.is_set() for event in self._open.values())

    def cut(self) -> None:
        """FIN to both ends; what is under way may be lost."""
        for writer in self._writers:
            writer.close()

    def reset(self) -> None:
        """RST to both ends."""
        for writer in self._writers:
            sock = writer.get_extra_info("socket")
            if sock.family != socket.AF_UNIX:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            writer.transport.abort()

    def freeze(self, directions: Iterable[Direction] = BOTH) -> None:
        """Half-open: both ends keep their sockets, and nothing gets through any more."""
        for direction in directions:
            self._open[direction].clear()

    def thaw(self) -> None:
        """What was held up goes on its way."""
        for event in self._open.values():
            event.set()

    async def finished(self) -> None:
        """Until either end, or a fault, has ended the connection; then both sockets are closed."""
        try:
            await asyncio.wait(self._pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.cut()
            for pump in self._pumps:
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _pump(
        self, direction: Direction, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while True:
                await self._open[direction].wait()
                data = await source.read(CHUNK)
                if not data:
                    await self._open[direction].wait()
                    return
                while data:
                    data = await self._pass_on(direction, data, sink)

    async def _pass_on(
        self, direction: Direction, data: bytes, sink: asyncio.StreamWriter
    ) -> bytes:
        """As much as now goes at once; gives the rest, for which the shape may be another."""
        await self._open[direction].wait()
        shape = self._shapes[direction]
        if shape.pause_s:
            await asyncio.sleep(shape.pause_s)
            await self._open[direction].wait()
        sink.write(data[: shape.chunk])
        await sink.drain()
        return data[shape.chunk :]


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class FaultProxy:
    """Listens on `port` of the loopback address. What `shape` and `refuse` set holds for all
    connections, those to come too; the other faults hit the links that they are given."""

    def __init__(self, upstream: Address) -> None:
        self._upstream = upstream
        self._shapes = dict.fromkeys(Direction, NORMAL)
        self._refusing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.links: set[Link] = set()
        self.port = 0

    def shape(self, shape: Shape, directions: Iterable[Direction] = BOTH) -> None:
        self._shapes |= dict.fromkeys(directions, shape)

    def refuse(self, refusing: bool) -> None:
        """New connections are reset as soon as they are made."""
        self._refusing = refusing

    def normal(self) -> None:
        """Whole and fast again; links that were cut or reset stay so."""
        self.shape(NORMAL)
        self.refuse(refusing=False)
        for link in self.links:
            link.thaw()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=2048)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = None if self._refusing else await self._connect()
        except OSError:
            upstream = None
        if upstream is None:
            _refuse(writer)
            return
        link = Link((reader, writer), upstream, self._shapes)
        self.links.add(link)
        try:
            await link.finished()
        finally:
            self.links.discard(link)

    async def _connect(self) -> Ends:
        if isinstance(self._upstream, str):
            return await asyncio.open_unix_connection(self._upstream)
        return await asyncio.open_connection(*self._upstream)


def _refuse(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()
