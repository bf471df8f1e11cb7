"""`im serve --workers 2`: two processes are one service, whatever becomes of one of them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from app.utils.address import bind
from tests.guarantees.rolling import Outcome, all_heard, messages_in
from tests.guarantees.rolling_crowd import Ledger, crowd
from tests.support.children import children, connections, wait_for_children, wait_until_gone
from tests.support.databases import PostgresDatabases
from tests.support.groups import open_ward, send
from tests.support.processes import Finished, ServerProcess, free_port, im, running
from tests.support.redis import RedisServer
from tests.support.sockets import RawSocket, open_socket

SOCKETS = 16
"""All at one of two processes: once in 32,768 runs."""


@pytest.fixture(scope="module")
def environment(postgres: PostgresDatabases, redis: RedisServer) -> dict[str, str]:
    return {
        "DATABASE_URL": postgres.new(),
        "REDIS_URL": redis.url(),
        "REDIS_PREFIX": f"workers-{os.getpid()}",
        "WORKERS": "2",
        "WS_CONNECTIONS_PER_USER": str(SOCKETS),
    }


@pytest.fixture(scope="module")
def service(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """Of two processes, both ready."""
    with running(ServerProcess(tmp_path_factory.mktemp("workers") / "log", **environment)) as found:
        until_ready(found, 2)
        yield found


def until_ready(service: ServerProcess, times: int) -> None:
    wait_for_children(service.pid, 2)
    service.says('"process_ready"', times)


def ready_so_far(service: ServerProcess) -> int:
    return service.log.read_text().count('"process_ready"')


@asynccontextmanager
async def many_sockets(service: ServerProcess, user: str) -> AsyncIterator[list[RawSocket]]:
    async with AsyncExitStack() as stack:
        opened = (open_socket(service.ws_url, user) for _ in range(SOCKETS))
        yield [await stack.enter_async_context(socket) for socket in opened]


def refused(done: Finished, code: int, *words: str) -> None:
    """One line, which says all of this."""
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == code
    for word in words:
        assert word in line


async def test_a_message_reaches_members_at_every_process(service: ServerProcess) -> None:
    """Both have connections, and each member hears it once."""
    ward = await open_ward(service, "pat")
    async with many_sockets(service, "pat") as sockets, service.http() as http:
        held = [connections(pid, service.port) for pid in children(service.pid)]
        assert len(held) == 2
        assert min(held) > 0
        sent = [(await send(http, ward.group_id, text))["message_id"] for text in ("one", "two")]
        for socket in sockets:
            heard = [(await socket.receive("message_sent"))["message_id"] for _ in sent]
            assert heard == sent


async def test_a_process_that_is_killed_comes_back(service: ServerProcess) -> None:
    """The other goes on with its sockets meanwhile; the log says who died."""
    ward = await open_ward(service, "sam")
    before = ready_so_far(service)
    async with many_sockets(service, "sam") as sockets, service.http() as http:
        victim = children(service.pid).pop()
        os.kill(victim, signal.SIGKILL)
        await asyncio.to_thread(service.says, f'"pid": {victim}, "exit_code": -9')
        message_id = (await send(http, ward.group_id, "still there?"))["message_id"]
        heard = [await heard_or_closed(socket) for socket in sockets]
        assert set(heard) == {message_id, 1006}
    await asyncio.to_thread(wait_for_children, service.pid, 2, frozenset({victim}))
    await asyncio.to_thread(until_ready, service, before + 1)


async def heard_or_closed(socket: RawSocket) -> object:
    listening = asyncio.create_task(socket.receive("message_sent"))
    await asyncio.wait([listening])
    if isinstance(listening.exception(), Exception):
        return await socket.closed()
    return listening.result()["message_id"]


async def test_a_rolling_restart_loses_nothing(service: ServerProcess) -> None:
    """SIGHUP replaces both under load: every send is acknowledged, stored once and heard once."""
    ledger, before, old = Ledger(), ready_so_far(service), frozenset(children(service.pid))
    async with crowd(service.url, 8, ledger) as members:
        over = asyncio.Event()
        talks = [asyncio.create_task(member.talk(over)) for member in members]
        service.send_signal(signal.SIGHUP)
        await asyncio.to_thread(service.says, '"restarted"')
        over.set()
        await asyncio.gather(*talks)
        stored = [
            row
            for row in await asyncio.to_thread(messages_in, service.environment["DATABASE_URL"])
            if row[2] in {member.group_id for member in members}
        ]
        await all_heard(members, ledger, stored)
    assert not old & children(service.pid)
    assert ready_so_far(service) == before + 2
    groups = {m.group_id: [o.user for o in members if o.group_id == m.group_id] for m in members}
    assert Outcome(2, {0}, ledger, stored, groups).faults() == []
    assert ledger.acknowledged


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_the_end_of_the_first_is_the_end_of_all(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """In order, or killed itself: no process is left, and the port is free."""
    with running(ServerProcess(tmp_path / "log", **environment)) as service:
        pids = wait_for_children(service.pid, 2)
        assert service.end(number) == code
        wait_until_gone(pids)
        bind("127.0.0.1", service.port).close()


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"DATABASE_URL": "sqlite:///im.db"}, 2, ["WORKERS", "SQLite", "PostgreSQL"]),
        ({"REDIS_URL": ""}, 2, ["WORKERS", "REDIS_URL"]),
        ({"DATABASE_URL": "postgresql://x:secret@127.0.0.1:9/im"}, 1, ["DATABASE_URL", "cannot"]),
    ],
)
def test_what_is_wrong_is_said_once(
    environment: dict[str, str], wrong: dict[str, str], code: int, words: list[str]
) -> None:
    """Not by each process."""
    port = str(free_port())
    refused(im("serve", "--port", port, **environment | wrong), code, *words)


def test_the_port_of_another(environment: dict[str, str], service: ServerProcess) -> None:
    """Is not shared with those who were started apart."""
    for workers in ("1", "2"):
        done = im("serve", "--port", str(service.port), "--workers", workers, **environment)
        refused(done, 1, "PORT", "in use")
