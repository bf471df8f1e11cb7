"""What goes wrong in one round of the dispatcher must not end it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.config import load_settings
from app.db.engine import open_database
from app.db.session import AsyncDoor, nothing_to_deliver
from app.errors import DatabaseUnavailable
from app.services.ai.calls import AICaller
from app.services.ai.dispatcher import LocalDispatcher
from app.services.ai.streams import Streams
from app.services.ai.worker import AIWorker
from tests.services.ai.conftest import PATIENT
from tests.support.databases import SqliteFiles
from tests.support.groups import messages, open_ward, send
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_service
from tests.support.waiting import eventually


class StumblingDoor(AsyncDoor):
    """A real door whose next uses fail as they are told to."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.stumbles: list[Exception] = []

    async def run(self, work: Callable[[Session], Any]) -> Any:
        return await super().run(self._stumbling(work))

    async def read(self, work: Callable[[Session], Any]) -> Any:
        return await super().read(self._stumbling(work))

    def _stumbling(self, work: Callable[[Session], Any]) -> Callable[[Session], Any]:
        def stumble(db: Session) -> Any:
            if self.stumbles:
                raise self.stumbles.pop()
            return work(db)

        return stumble


@pytest.fixture
def core(sqlite_files: SqliteFiles) -> str:
    return sqlite_files.new()


@pytest.fixture
async def stumbling(core: str, ai_url: str) -> AsyncIterator[tuple[StumblingDoor, LocalDispatcher]]:
    """A dispatcher of its own beside a service whose AI layer never calls."""
    settings = load_settings(database_url=core, ai_service_url=ai_url, **PATIENT)
    door = StumblingDoor(open_database(settings.database), nothing_to_deliver)
    caller = AICaller(settings.ai)
    streams = Streams(lambda _group, _frame: None, settings.ai)
    worker = AIWorker(door, caller, streams, settings.ai, "test")
    dispatcher = LocalDispatcher(door, worker, settings.ai)
    yield door, dispatcher
    await dispatcher.stop()
    await caller.close()
    await door.close()


@pytest.mark.parametrize("error", [RuntimeError(), DatabaseUnavailable()])
async def test_a_failed_round_is_followed_by_another(
    core: str,
    stumbling: tuple[StumblingDoor, LocalDispatcher],
    error: Exception,
) -> None:
    """A bug and a fault of the database in the claim, then in reading the question: answered."""
    door, dispatcher = stumbling
    idle = PATIENT | {"ai_lease_seconds": 600}
    with run_service(database_url=core, ai_service_url="http://127.0.0.1:9", **idle) as service:
        idle_one = service.container.ai.dispatcher
        assert isinstance(idle_one, LocalDispatcher)
        idle_one._slots = 0  # noqa: SLF001
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient:
            door.stumbles = [error]
            dispatcher.start()
            await eventually(lambda: _left(door), lambda left: left == 0)
            await send(patient, ward.group_id, "hello")
            if isinstance(error, DatabaseUnavailable):
                await asyncio.sleep(0.4)  # let the next failure meet the question or a claim
                door.stumbles = [error]
            found = await eventually(
                lambda: messages(patient, ward.group_id), lambda found: len(found) == 2
            )
    assert found[1]["msg_content"] == "re: hello"


async def _left(door: StumblingDoor) -> int:
    return len(door.stumbles)


async def test_an_answer_is_known_to_the_next_of_a_burst(
    sqlite_service: RunningServer, scripted_ai: ScriptedAI
) -> None:
    """The reply to the first message is stored after the second, and still stands before it; the
    second is another patient's, or they would be answered together."""
    scripted_ai.latency_s = 0.2
    ward = await open_ward(sqlite_service)
    async with sqlite_service.http(ward.patient) as patient:
        for text in ("one", "two"):
            await send(patient, ward.group_id, text)
        await eventually(lambda: messages(patient, ward.group_id), lambda m: len(m) == 4)
    assert [item["content"] for item in scripted_ai.requests[1]["history"]] == ["one", "re: one"]


async def test_a_lease_lost_while_it_runs_is_not_taken_again_here(
    sqlite_files: SqliteFiles, ai_url: str, scripted_ai: ScriptedAI
) -> None:
    """Renewals fail for longer than a lease: the running call is left to end, not doubled."""
    scripted_ai.latency_s = 0.8
    short = PATIENT | {"ai_lease_seconds": 0.5}
    with run_service(database_url=sqlite_files.new(), ai_service_url=ai_url, **short) as service:
        dispatcher = service.container.ai.dispatcher
        assert isinstance(dispatcher, LocalDispatcher)

        async def no_renewal(held: list[str]) -> None: ...

        dispatcher._renew = no_renewal  # type: ignore[method-assign]  # noqa: SLF001
        ward = await open_ward(service)
        async with service.http(ward.patient) as patient:
            await send(patient, ward.group_id, "hello")
            await eventually(lambda: messages(patient, ward.group_id), lambda m: len(m) == 2)
    assert list(scripted_ai.calls.values()) == [1]
