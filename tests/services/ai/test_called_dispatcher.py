"""Processes that are called for their work, as Celery's workers are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.bootstrap import build_worker
from app.config import load_settings
from app.db.engine import Database, open_database
from app.services.ai.called_dispatcher import CalledDispatcher
from tests.services.ai.conftest import QUICK
from tests.services.ai.jobs import Clinic
from tests.support.databases import PostgresDatabases
from tests.support.redis import RedisServer
from tests.support.scripted_ai import ScriptedAI
from tests.support.waiting import eventually


@asynccontextmanager
async def called(url: str, ai_url: str, **settings: Any) -> AsyncIterator[CalledDispatcher]:
    """In a process that has made its first sweep, and will not make another."""
    chosen = QUICK | {"ai_lease_seconds": 600} | settings
    container = build_worker(load_settings(database_url=url, ai_service_url=ai_url, **chosen))
    dispatcher = container.ai.dispatcher
    assert isinstance(dispatcher, CalledDispatcher)
    sweep, swept = dispatcher._claim, asyncio.Event()  # noqa: SLF001

    async def told(most: int) -> bool:
        found = await sweep(most)
        swept.set()
        return found

    dispatcher._claim = told  # type: ignore[method-assign]  # noqa: SLF001
    await container.start()
    await swept.wait()
    try:
        yield dispatcher
    finally:
        await container.stop()


async def test_called_more_often_than_there_is_work(
    database: Database, database_url: str, ai_url: str, scripted_ai: ScriptedAI
) -> None:
    """One reply, whoever calls how often; the others return at once."""
    clinic = Clinic(database, ai_handoff_seconds=0)
    async with called(database_url, ai_url) as dispatcher:
        group_id = clinic.open()
        clinic.say((group_id, "pat", "hello"), room=0)
        ends = await asyncio.gather(*(dispatcher.answer(group_id) for _ in range(5)))
        assert await dispatcher.answer("group_unknown")
    assert ends == [True] * 5
    assert list(scripted_ai.calls.values()) == [1]


async def test_what_is_behind_a_reply_needs_no_call(
    database: Database, database_url: str, ai_url: str, scripted_ai: ScriptedAI
) -> None:
    """Its end tells the same process that there is more."""
    clinic = Clinic(database, ai_handoff_seconds=0)
    async with called(database_url, ai_url) as dispatcher:
        group_id = clinic.open()
        clinic.say((group_id, "pat", "one"), (group_id, "paul", "two"), room=0)
        await dispatcher.answer(group_id)
        await eventually(lambda: asked(scripted_ai), lambda found: found == ["one", "two"])


async def asked(scripted_ai: ScriptedAI) -> list[str]:
    return [str(request["message"]) for request in scripted_ai.requests]


async def test_put_off_here_and_taken_up_elsewhere(
    postgres: PostgresDatabases, redis: RedisServer, ai_url: str, echo_ai: str
) -> None:
    """The reply of the first attempt is forgotten where the next is not made."""
    url, bus = postgres.new(), {"redis_url": redis.url(), "redis_prefix": "put-off"}
    database = open_database(load_settings(database_url=url).database)
    clinic = Clinic(database, ai_handoff_seconds=0)
    async with (
        called(url, ai_url, ai_retry_seconds=0.01, **bus) as first,
        called(url, echo_ai, **bus) as second,
    ):
        group_id = clinic.open()
        clinic.say((group_id, "pat", "fault:500"), room=0)
        first._slots = 0  # noqa: SLF001
        await first.answer(group_id)
        worker = first._worker  # noqa: SLF001
        streams = worker._streams  # noqa: SLF001
        await worker.forget_strays()
        assert len(streams.put_off) == 1
        await asyncio.sleep(0.02)
        assert await second.answer(group_id)
        await worker.forget_strays()
        assert not streams.put_off
        assert not streams.called(None, [group_id])
    database.dispose()


async def test_what_is_left_when_a_process_ends(
    database: Database, database_url: str, ai_url: str, scripted_ai: ScriptedAI
) -> None:
    """It waits for what is under way, not for ever, and says what it has left."""
    scripted_ai.latency_s = 60
    clinic = Clinic(database, ai_handoff_seconds=0)
    async with called(database_url, ai_url, ai_concurrency=1) as dispatcher:
        groups = [clinic.open(), clinic.open()]
        clinic.say(*((group_id, "pat", "hello") for group_id in groups), room=0)
        calls = [asyncio.create_task(dispatcher.answer(group_id)) for group_id in groups]
        await eventually(lambda: asked(scripted_ai), bool)
        await dispatcher.settle(0.05)
        await dispatcher.stop()
        assert await asyncio.gather(*calls) == [False, False]
    assert len(clinic.claim("somebody else")) == 2
