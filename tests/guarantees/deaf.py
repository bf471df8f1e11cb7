"""A client that connects, and from then on takes nothing but what small buffers hold."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.guarantees.history import Deaf, History

SMALL = 4096
CLOSE_SECONDS = 5.0


@asynccontextmanager
async def deaf_reader(port: int, user: str, history: History) -> AsyncIterator[None]:
    """At the end it listens again, to hear what became of its connection."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        url = f"ws://127.0.0.1:{port}/ws/{user}"
        async with connect(url, sock=raw, proxy=None, ping_interval=None, max_size=None) as line:
            await line.recv()
            line.transport.pause_reading()
            yield
            line.transport.resume_reading()
            given_up = False
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    with suppress(ConnectionClosed):
                        async for _ in line:
                            pass
                    given_up = True
            received = line.protocol.close_rcvd
            code = received.code if received else None
            history.write(Deaf(at=history.now(), user=user, given_up=given_up, code=code))
            line.transport.abort()
