"""Open mode and the browser on the same machine: no web page of somebody else gets in."""

from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect

from tests.api.steps import refusal
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service

OURS = "https://app.example.com"


@pytest.fixture(scope="module")
def service(sqlite_files: SqliteFiles) -> Iterator[RunningServer]:
    with run_service(database_url=sqlite_files.new(), cors_origins=OURS) as running:
        yield running


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "https://localhost.evil.example"),
        ("Host", "evil.example"),
        ("Host", "127.0.0.1.evil.example:8000"),
    ],
)
async def test_foreign_pages_are_refused(service: RunningServer, header: str, value: str) -> None:
    """By HTTP with 403, by socket with 4503; also where a foreign name points to this machine."""
    async with service.http() as http:
        answer = await http.post("/api/user/create", headers={header: value})
        assert refusal(answer) == (403, 5002)
    if header == "Origin":
        async with connect(
            f"{service.ws_url}/ws/default_user", additional_headers={header: value}, proxy=None
        ) as socket:
            assert "FORBIDDEN" in str(await socket.recv())
            await socket.wait_closed()
            assert socket.close_code == 4503


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Origin", OURS),
        ("Origin", "http://localhost:5173"),
        ("Origin", "http://127.0.0.1:3000"),
        ("Host", "localhost"),
        ("Host", "[::1]:8000"),
    ],
)
async def test_own_pages_are_let_in(service: RunningServer, header: str, value: str) -> None:
    """This machine's own origins, and those of CORS_ORIGINS."""
    async with service.http() as http:
        answer = await http.get("/api/user/default_user", headers={header: value})
        assert answer.status_code == 200, answer.text
    if header == "Origin":
        async with connect(
            f"{service.ws_url}/ws/default_user", additional_headers={header: value}, proxy=None
        ) as socket:
            assert "connected" in str(await socket.recv())
