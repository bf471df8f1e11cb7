"""An AI service written byte by byte, for what no HTTP framework would send."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.config import AISettings
from app.errors import AIBadResponse, AIServiceFailed, AIServiceTimeout, AIUnavailable
from app.services.ai.calls import AICaller, Answer
from app.services.ai.records import HistoryItem, Question

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
AIError = AIServiceFailed | AIServiceTimeout | AIBadResponse | AIUnavailable

HISTORY = [HistoryItem("user", "before"), HistoryItem("assistant", "rest", "doctor")]
QUESTION = Question("hello", HISTORY, "g1", "m1")
EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
"""Its body ends with the connection."""
CHUNKED = EVENT_STREAM.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
PLAIN = EVENT_STREAM.replace(b"text/event-stream", b"application/json")
QUICK: dict[str, Any] = {
    "ai_connect_timeout": 2.0,
    "ai_first_byte_timeout": 2.0,
    "ai_read_timeout": 2.0,
    "ai_service_timeout": 8.0,
}


class RawServer:
    def __init__(self) -> None:
        self.url = ""
        self.script: Script = sends(response(b'{"reply":"yes"}'))
        self.heads: list[str] = []
        self.bodies: list[Any] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Any number of requests on one connection, until the script closes it."""
        self.connections += 1
        try:
            while not writer.is_closing():
                await self._read(reader)
                await self.script(writer)
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(n for n in head.lower().split("\r\n") if n.startswith("content-length"))
        body = await reader.readexactly(int(length.partition(":")[2]))
        self.heads.append(head)
        self.bodies.append(json.loads(body))

    @property
    def headers(self) -> dict[str, str]:
        """Of the last request, names in small letters."""
        lines = [line.partition(": ") for line in self.heads[-1].split("\r\n")[1:]]
        return {name.lower(): value for name, _, value in lines if name}


@asynccontextmanager
async def running() -> AsyncIterator[RawServer]:
    server = RawServer()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(server.serve(reader, writer)))

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # in which aborted connections end


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if not any(line.startswith("Content-Type") for line in headers):
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + body


def events(*datas: str) -> bytes:
    return "".join(f"data: {data}\n\n" for data in datas).encode()


def sends(*pieces: bytes, close: bool = False, then_hang: bool = False) -> Script:
    """Bodies without a length need `close`."""

    async def script(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_hang:
            await asyncio.sleep(60)
        if close:
            writer.close()

    return script


def streams(*datas: str) -> Script:
    return sends(EVENT_STREAM + events(*datas), close=True)


def repeats(head: bytes, piece: bytes, pause_s: float = 0.0) -> Script:
    """For ever, or until nobody listens."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return script


async def asked(url: str, **settings: Any) -> tuple[Answer, list[str]]:
    """The answer, and what was heard of it before."""
    heard: list[str] = []
    caller = AICaller(AISettings(ai_service_url=url, **{**QUICK, **settings}))
    try:
        return await caller.ask(QUESTION, "rec_1", heard.append), heard
    finally:
        await caller.close()


async def failed(url: str, **settings: Any) -> tuple[AIError, list[str]]:
    heard: list[str] = []
    caller = AICaller(AISettings(ai_service_url=url, **{**QUICK, **settings}))
    try:
        answer = await caller.ask(QUESTION, "rec_1", heard.append)
    except (AIServiceFailed, AIServiceTimeout, AIBadResponse, AIUnavailable) as error:
        return error, heard
    finally:
        await caller.close()
    raise AssertionError(f"answered: {answer}")
