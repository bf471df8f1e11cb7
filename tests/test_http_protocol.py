"""Peers that connect and do not get on with it, against the real server."""

import asyncio

import pytest

from app import http_protocol
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service

HEAD = b"POST /api/group/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


async def converse(server: RunningServer, *words: bytes, pause_s: float = 0.0) -> bytes:
    """All that the server says until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    for word in words:
        writer.write(word)
        await asyncio.sleep(pause_s)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"GET /health HTT",
        HEAD,
        HEAD + b"Content-Length: 100\r\n\r\n{",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea",
    ],
    ids=["nothing", "half a line", "half a head", "half a body", "half a second request"],
)
async def test_unfinished_request(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch, words: bytes
) -> None:
    """Is answered with 408 and closed after its time."""
    monkeypatch.setattr(http_protocol, "REQUEST_SECONDS", 0.2)
    with run_service(database_url=sqlite_files.new()) as server:
        said = await converse(server, words)
    assert said.endswith(http_protocol.TIMED_OUT)


async def test_slow_but_steady(sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is complete in time is answered; the time of an earlier request does not count."""
    monkeypatch.setattr(http_protocol, "REQUEST_SECONDS", 0.6)
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with run_service(database_url=sqlite_files.new()) as server:
        said = await converse(server, request[:9], request[9:], last[:9], last[9:], pause_s=0.25)
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert b"408" not in said
