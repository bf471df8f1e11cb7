"""nginx, really run, with the file that `im up` and deploy/nginx.conf have in common."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from app.up import nginx
from app.up.folder import DataFolder
from app.up.ports import answers as listens
from app.up.ports import free_port
from app.up.staff import Staff
from tests.support.databases import SqliteFiles
from tests.support.groups import open_ward, send
from tests.support.open_folder import open_folder
from tests.support.servers import RunningServer
from tests.support.sockets import open_socket

pytestmark = pytest.mark.skipif(
    nginx.program() is None, reason="nginx is not installed (apt-get install nginx)"
)


@dataclass(frozen=True)
class Door:
    url: str
    folder: Path

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def http(self, user_id: str | None = None) -> httpx2.AsyncClient:
        headers = {"X-User-Id": user_id} if user_id else {}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    def logs(self) -> str:
        return "".join(file.read_text() for file in (self.folder / "logs").iterdir())


@contextmanager
def front_door(instances: Sequence[str]) -> Iterator[Door]:
    with open_folder() as path:
        folder, port = DataFolder(path), free_port()
        folder.take()
        staff = Staff(folder)
        program = nginx.program()
        assert program is not None
        spec = nginx.spec(program, folder.path / "nginx", folder.logs, port, instances)
        try:
            staff.engage(spec)
            while not listens(port):
                assert staff.programs["nginx"].runs, staff.programs["nginx"].last_words()
            yield Door(url=f"http://127.0.0.1:{port}", folder=folder.path)
        finally:
            staff.dismiss(["nginx"])
            folder.leave()


def address(server: RunningServer) -> str:
    return server.url.removeprefix("http://")


def dead() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def database_url(sqlite_files: SqliteFiles) -> str:
    """One kind will do: nginx sees none of it."""
    return sqlite_files.new()


@pytest.fixture
def door(server: RunningServer) -> Iterator[Door]:
    """One instance is up, the other is not."""
    with front_door([dead(), address(server)]) as door:
        yield door


async def test_requests_and_sockets_go_through(door: Door, server: RunningServer) -> None:
    """To the instance that is up, whichever is asked first; and its close codes come back."""
    ward = await open_ward(door)
    async with open_socket(door.ws_url, ward.patient) as patient:
        async with door.http() as http:
            for number in range(4):
                await send(http, ward.group_id, str(number))
        told = [(await patient.receive("message_sent"))["content"] for _ in range(4)]
        assert told == ["0", "1", "2", "3"]
        await server.ws_close_all(4001)
        assert await patient.closed() == 4001


async def test_no_log_has_a_query_string(door: Door) -> None:
    """Neither of what went well nor of what did not."""
    async with door.http() as http:
        await http.get("/ws/somebody", params={"ticket": "secret-ticket"})
        await http.get("/health", params={"ticket": "secret-ticket"})
        await http.get("/nowhere", params={"ticket": "secret-ticket"})
    with front_door([dead(), dead()]) as shut:
        async with shut.http() as http:
            await http.get("/ws/somebody", params={"ticket": "secret-ticket"})
        told = door.logs() + shut.logs()
    assert "/nowhere 404" in told
    assert "secret-ticket" not in told


async def test_what_nginx_itself_refuses_has_the_form_of_all_errors(door: Door) -> None:
    """A body that is too large; no instance that answers."""
    async with door.http() as http:
        large = await http.post("/api/message/send", content=b" " * 70_000)
    assert large.status_code == 413
    assert large.json()["error"]["number"] == 1006
    with front_door([dead(), dead()]) as shut:
        async with shut.http() as http:
            answer = await http.get("/api/group/x")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "OVERLOADED"
    assert answer.json()["error"]["retryable"] is True


async def test_a_post_that_was_sent_is_not_repeated() -> None:
    """Whoever took it may have stored it. A GET is asked again at the other instance."""
    asked: list[str] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split()[0])
        writer.close()

    async with (
        await asyncio.start_server(hang_up, "127.0.0.1", 0) as one,
        await asyncio.start_server(hang_up, "127.0.0.1", 0) as other,
    ):
        instances = [f"127.0.0.1:{s.sockets[0].getsockname()[1]}" for s in (one, other)]
        with front_door(instances) as door:
            async with door.http() as http:
                sent = await http.post("/api/message/send", json={"content": "once"})
        with front_door(instances) as door:
            async with door.http() as http:
                read = await http.get("/api/group/x")
    assert (sent.status_code, read.status_code) == (503, 503)
    assert asked.count("POST") == 1
    assert asked.count("GET") >= 2


async def answer_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


async def test_one_that_has_just_come_back_is_asked_at_once() -> None:
    """Where the other one went in the same moment, as in a rolling restart in a hurry: nobody is
    told that there is no instance while there is one."""
    first, second = free_port(), free_port()
    with front_door([f"127.0.0.1:{first}", f"127.0.0.1:{second}"]) as door:
        async with door.http() as http:
            async with await asyncio.start_server(answer_ok, "127.0.0.1", second):
                answers = [await http.post("/api/message/send") for _ in range(4)]
            async with await asyncio.start_server(answer_ok, "127.0.0.1", first):
                answers += [await http.post("/api/message/send") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 8
