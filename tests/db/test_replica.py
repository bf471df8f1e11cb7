"""Reading history from a real streaming replica, which is held up, killed, and of another
database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import event

from tests.api.steps import accepted, create_group, refusal, send
from tests.support.databases import PostgresDatabases
from tests.support.migrated import migrate_url
from tests.support.redis import RedisServer
from tests.support.servers import RunningServer, run_service
from tests.support.streaming import Copy, streaming
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[PostgresDatabases, Copy]]:
    with streaming() as both:
        yield both


@pytest.fixture
def primary(pair: tuple[PostgresDatabases, Copy]) -> str:
    return pair[0].new()


@pytest.fixture
def copy(pair: tuple[PostgresDatabases, Copy]) -> Copy:
    return pair[1]


@pytest.fixture
def bus(redis: RedisServer) -> dict[str, str]:
    """Without which a second instance would not start."""
    return {"redis_url": redis.url(), "redis_prefix": "replica"}


@asynccontextmanager
async def serving(
    url: str, replica_url: str, **settings: object
) -> AsyncIterator[tuple[RunningServer, httpx2.AsyncClient]]:
    with run_service(
        database_url=url, database_replica_url=replica_url, database_timeout=2, **settings
    ) as server:
        async with server.http() as http:
            yield server, http


async def state(http: httpx2.AsyncClient) -> str:
    body: dict[str, Any] = accepted(await http.get("/ready"))
    assert body["replica"]["ok"] is (body["replica"]["state"] == "fresh")
    return str(body["replica"]["state"])


async def contents(http: httpx2.AsyncClient, group: str, **query: int) -> list[str]:
    answer = await http.get(
        "/api/message/list", params=httpx2.QueryParams({"group_id": group, **query})
    )
    return [message["msg_content"] for message in accepted(answer)["messages"]]


@asynccontextmanager
async def reads_of_the_copy(server: RunningServer) -> AsyncIterator[list[str]]:
    replica = server.container.replica
    assert replica is not None
    engine = replica.engine
    texts: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "msg_content" in statement:
            texts.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield texts
    event.remove(engine, "before_cursor_execute", note)


async def is_state(http: httpx2.AsyncClient, wanted: str) -> None:
    await eventually(lambda: state(http), lambda found: found == wanted)


async def test_history_comes_from_the_copy(primary: str, copy: Copy) -> None:
    """Pages of every kind, and single messages, as from the database itself."""
    async with serving(primary, copy.url_of(primary)) as (server, http):
        await is_state(http, "fresh")
        group = await create_group(http)
        ids = [(await send(http, group, str(n)))["message_id"] for n in range(5)]
        async with reads_of_the_copy(server) as texts:

            async def read_there() -> int:
                before = len(texts)
                assert await contents(http, group) == ["4", "3", "2", "1", "0"]
                assert await contents(http, group, page=2, page_size=2) == ["2", "1"]
                assert await contents(http, group, page=9) == []
                assert await contents(http, group, before_seq=3, limit=1) == ["1"]
                assert await contents(http, group, after_seq=3, limit=9) == ["3", "4"]
                assert accepted(await http.get(f"/api/message/{ids[3]}"))["msg_content"] == "3"
                return len(texts) - before

            await eventually(read_there, lambda count: count == 6)


async def test_what_was_acknowledged_is_read_though_the_copy_lacks_it(
    primary: str, copy: Copy, bus: dict[str, str]
) -> None:
    """By whoever asks, through any instance, also where the copy still counts as fresh."""
    there = copy.url_of(primary)
    async with (
        serving(primary, there, **bus) as (_, one),
        serving(primary, there, **bus) as (two, http),
    ):
        await is_state(http, "fresh")
        group = await create_group(one)
        copy.pause()
        try:
            sent = await send(one, group, "new")
            async with reads_of_the_copy(two) as texts:
                assert await contents(http, group) == ["new"]
                assert await contents(http, group, after_seq=0) == ["new"]
                path = f"/api/message/{sent['message_id']}"
                assert accepted(await http.get(path))["msg_content"] == "new"
                assert len(texts) == 3
            assert await state(http) == "fresh"
        finally:
            copy.resume()


async def test_who_has_left_reads_nothing(primary: str, copy: Copy) -> None:
    """Though the copy does not know of it yet."""
    async with serving(primary, copy.url_of(primary)) as (server, http):
        await is_state(http, "fresh")
        group = await create_group(http)
        message_id = (await send(http, group, "secret"))["message_id"]
        async with reads_of_the_copy(server) as texts:

            async def read_there() -> int:
                await contents(http, group)
                return len(texts)

            await eventually(read_there, bool)
            copy.pause()
            try:
                me = accepted(await http.get(f"/api/group/{group}"))["created_by"]
                accepted(await http.delete(f"/api/group/{group}/members/{me}"))
                listed = await http.get("/api/message/list", params={"group_id": group})
                assert refusal(listed)[0] == 404
                assert refusal(await http.get(f"/api/message/{message_id}"))[0] == 404
            finally:
                copy.resume()


async def test_far_behind(primary: str, copy: Copy) -> None:
    """It is not asked any more, until it has caught up."""
    there = copy.url_of(primary)
    async with serving(primary, there, database_replica_max_lag=0.5) as (server, http):
        await is_state(http, "fresh")
        group = await create_group(http)
        copy.pause()
        try:
            await send(http, group, "new")
            await is_state(http, "behind")
            async with reads_of_the_copy(server) as texts:
                assert await contents(http, group) == ["new"]
            assert texts == []
        finally:
            copy.resume()
        await is_state(http, "fresh")


async def test_dead(primary: str, copy: Copy, bus: dict[str, str]) -> None:
    """A copy that dies, or was never there, costs nobody an answer; when it is back it is used."""
    async with serving(primary, copy.url_of(primary), **bus) as (_, http):
        await is_state(http, "fresh")
        group = await create_group(http)
        await send(http, group, "kept")
        copy.kill()
        try:
            assert await contents(http, group) == ["kept"]
            assert await state(http) == "down"
            async with serving(primary, copy.url_of(primary), **bus) as (_, other):
                assert await state(other) == "down"
                assert await contents(other, group) == ["kept"]
        finally:
            copy.start()
        await is_state(http, "fresh")


async def test_of_another_database(
    pair: tuple[PostgresDatabases, Copy], primary: str, copy: Copy
) -> None:
    """Is not asked, and said to be one."""
    other = pair[0].new(migrated=False)
    await asyncio.to_thread(migrate_url, other)
    async with serving(primary, copy.url_of(other)) as (_, http):
        await is_state(http, "of another database")
        group = await create_group(http)
        await send(http, group, "kept")
        assert await contents(http, group) == ["kept"]
