"""Each fault as the two ends of a connection feel it, before an echo server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.support.fault_proxy import Direction, FaultProxy, Shape
from tests.support.waiting import eventually

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class EchoServer:
    """Keeps what it has heard, and how each connection ended."""

    def __init__(self) -> None:
        self.heard = b""
        self.endings: list[str] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        ending = "FIN"
        try:
            while data := await reader.read(65536):
                self.heard += data
                writer.write(data)
        except ConnectionResetError:
            ending = "RST"
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        self.endings.append(ending)


@pytest.fixture
def echo() -> EchoServer:
    return EchoServer()


@pytest.fixture
async def proxy(echo: EchoServer) -> AsyncIterator[FaultProxy]:
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    async with FaultProxy(server.sockets[0].getsockname()[:2]).running() as proxy:
        yield proxy
    server.close()
    await seen(lambda: echo.connections == len(echo.endings))


@asynccontextmanager
async def connected(proxy: FaultProxy) -> AsyncIterator[Ends]:
    """Through to the server and back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def seen(holds: Callable[[], bool]) -> None:
    async def look() -> bool:
        return holds()

    await eventually(look, bool)


async def test_carries_everything_both_ways(proxy: FaultProxy, echo: EchoServer) -> None:
    """And the end of one side is the end of the other."""
    text = b"0123456789" * 100_000
    async with connected(proxy) as (reader, writer):
        writer.write(text)
        assert await reader.readexactly(len(text)) == text
    await seen(lambda: echo.endings == ["FIN"])
    await seen(lambda: not proxy.links)


async def test_cut(proxy: FaultProxy, echo: EchoServer) -> None:
    """Both ends read the end of the stream."""
    async with connected(proxy) as (reader, _):
        for link in proxy.links:
            link.cut()
        assert await reader.read() == b""
        await seen(lambda: echo.endings == ["FIN"])


async def test_reset(proxy: FaultProxy, echo: EchoServer) -> None:
    """Both ends get an error; the next connection is as good as any."""
    async with connected(proxy) as (reader, _):
        for link in tuple(proxy.links):
            link.reset()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        await seen(lambda: echo.endings == ["RST"])
    async with connected(proxy):
        pass


async def test_half_open(proxy: FaultProxy, echo: EchoServer) -> None:
    """Nothing comes back and nobody is told; once over, all of it arrives."""
    async with connected(proxy) as (reader, writer):
        (link,) = proxy.links
        link.freeze()
        assert link.frozen
        writer.write(b"lost?")
        await writer.drain()
        async with connected(proxy):  # others are not concerned
            assert echo.heard == b"hellohello"
        proxy.normal()
        assert await reader.readexactly(5) == b"lost?"


async def test_half_open_one_way(proxy: FaultProxy, echo: EchoServer) -> None:
    """The server hears, its answer does not come."""
    async with connected(proxy) as (reader, writer):
        (link,) = proxy.links
        link.freeze([Direction.TO_CLIENT])
        writer.write(b"heard")
        await seen(lambda: echo.heard == b"helloheard")
        answer = asyncio.create_task(reader.readexactly(5))
        async with connected(proxy):
            assert not answer.done()
        link.thaw()
        assert await answer == b"heard"


async def test_slow(proxy: FaultProxy) -> None:
    """Drop by drop, yet whole; and fast again when it is over."""
    async with connected(proxy) as (reader, writer):
        proxy.shape(Shape(delay_s=0.01, bytes_per_s=500), [Direction.TO_CLIENT])
        writer.write(b"0123456789" * 3)
        assert len(await reader.read(65536)) == 10
        proxy.normal()
        assert await reader.readexactly(20) == b"0123456789" * 2


async def test_refused(proxy: FaultProxy) -> None:
    """As a port where nobody listens, while the others go on."""
    async with connected(proxy) as (reader, writer):
        proxy.refuse(refusing=True)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            async with connected(proxy):
                pass
        writer.write(b"still")
        assert await reader.readexactly(5) == b"still"
        proxy.normal()
        async with connected(proxy):
            pass


async def test_nobody_upstream(tmp_path: Path) -> None:
    """A server that is not there, behind a Unix socket here, is refused to the client."""
    async with FaultProxy(str(tmp_path / "none")).running() as proxy:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            async with connected(proxy):
                pass


async def test_unix_socket_upstream(tmp_path: Path, echo: EchoServer) -> None:
    """As PostgreSQL has one."""
    server = await asyncio.start_unix_server(echo.serve, tmp_path / "socket")
    async with FaultProxy(str(tmp_path / "socket")).running() as proxy, connected(proxy) as (r, _):
        for link in tuple(proxy.links):
            link.reset()
        with pytest.raises(ConnectionResetError):
            await r.read()
    server.close()
    await seen(lambda: echo.endings == ["FIN"])
