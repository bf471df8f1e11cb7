"""Group commit, on both databases."""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from app.bootstrap import LANES
from app.config import load_settings
from app.db.direct import execute_directly
from app.db.engine import Database, open_database
from app.db.session import AsyncDoor
from app.errors import (
    AppError,
    ClientMsgIdConflict,
    ContentEmpty,
    DatabaseUnavailable,
    GroupNotFound,
    InternalError,
    MessageNotFound,
    Overloaded,
)
from app.repositories.batch import postgresql, stores_at_once
from app.services.core.events import MessageSent
from app.services.core.message_service import Hook, MessageService
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.send_queue import SendQueue
from tests.services.core.ward import open_ward
from tests.support.locking import locked

POISON = "poison"
CHANGES = 2
"""Of the ward's members, before anything is sent."""
LAST = 1 << 62


def command(group: str, content: str = "x", sender: str = "pat", **more: Any) -> SendCommand:
    return SendCommand(group_id=group, from_user_id=sender, content=content, **more)


SHAPE: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def shape(database: Database) -> None:
    """As the service is wired on this database."""
    SHAPE.update(lanes=min(LANES, database.writers), at_once=stores_at_once(database.engine))


def build(door: AsyncDoor, *hooks: Hook, longest: int = 1000, batch_size: int = 100) -> SendQueue:
    return SendQueue(door, hooks, longest=longest, batch_size=batch_size, **SHAPE)


@pytest.fixture
async def queue(door: AsyncDoor) -> AsyncIterator[SendQueue]:
    queue = build(door)
    yield queue
    await queue.close()


async def send_all(
    queue: SendQueue, commands: Sequence[SendCommand]
) -> list[MessageRecord | BaseException]:
    """In one turn of the loop, so that they share batches."""
    return await asyncio.gather(*map(queue.submit, commands), return_exceptions=True)


async def stored(door: AsyncDoor, group: str) -> list[MessageRecord]:
    return await door.read(lambda db: MessageService(db).between(group, 0, LAST))


@dataclass
class Counts:
    commits: int = 0
    statements: int = 0

    @property
    def statements_of_a_batch(self) -> float:
        """A batch is cut where the database asks for the next while it is being sent."""
        return self.statements / self.commits


@contextmanager
def counting(database: Database) -> Iterator[Counts]:
    """What the writing engine does meanwhile."""
    counts = Counts()

    def committed(_connection: object) -> None:
        counts.commits += 1

    def executed(*_: object) -> None:
        counts.statements += 1

    def execute(db: Session, statement: str, *values: object) -> object:
        executed()
        return execute_directly(db, statement, *values)

    notes: dict[str, Callable[..., None]] = {"commit": committed, "before_cursor_execute": executed}
    for name, note in notes.items():
        event.listen(database.engine, name, note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql, "execute_directly", execute)
        yield counts
    for name, note in notes.items():
        event.remove(database.engine, name, note)


async def test_one_message(
    door: AsyncDoor, queue: SendQueue, ward: str, delivered: list[object]
) -> None:
    """Is stored, numbered, told, and given back as it is stored."""
    message = await queue.send(command(ward, "你好", client_msg_id="c-1"))
    assert (message.seq, message.msg_content, message.user_role) == (1, "你好", "PATIENT")
    assert await stored(door, ward) == [message]
    assert delivered == [MessageSent(message, CHANGES)]


async def test_one_commit_for_many(
    database: Database, door: AsyncDoor, queue: SendQueue, ward: str
) -> None:
    """What comes together is stored together, in the order in which it came."""
    with counting(database) as counts:
        sent = await send_all(queue, [command(ward, str(number)) for number in range(30)])
    assert counts.commits == 1
    assert await stored(door, ward) == sent
    assert [message.msg_content for message in await stored(door, ward)] == [
        str(number) for number in range(30)
    ]


async def test_largest_batch(database: Database, door: AsyncDoor, ward: str) -> None:
    """More than fits into one batch goes into several."""
    queue = build(door, batch_size=10)
    with counting(database) as counts:
        await send_all(queue, [command(ward, str(number)) for number in range(25)])
    assert counts.commits == 3
    assert [message.seq for message in await stored(door, ward)] == list(range(1, 26))


async def test_what_waits_goes_together(
    database: Database, database_url: str, queue: SendQueue, ward: str
) -> None:
    """Whatever comes while one transaction runs shares the next."""
    with counting(database) as counts:
        with locked(database_url):
            first = queue.submit(command(ward))
            await asyncio.sleep(0.05)
            assert len(queue) == 0
            rest = [queue.submit(command(ward)) for _ in range(20)]
        await asyncio.gather(first, *rest)
    assert counts.commits == 2


@pytest.mark.parametrize("client_msg_ids", [False, True])
async def test_statements_do_not_grow_with_the_batch(
    database: Database, queue: SendQueue, ward: str, client_msg_ids: bool
) -> None:
    """A batch of a hundred costs as many statements as a batch of one; on PostgreSQL a single one,
    once the group is known."""
    await queue.send(command(ward))
    found = []
    for size in (1, 10, 100):
        with counting(database) as counts:
            await send_all(
                queue,
                [
                    command(ward, client_msg_id=f"{size}-{n}" if client_msg_ids else None)
                    for n in range(size)
                ],
            )
        found.append(counts.statements_of_a_batch)
    assert found == [found[0]] * 3
    assert found[0] <= (1 if SHAPE["at_once"] else 7)


async def test_repeats_cost_the_same(database: Database, queue: SendQueue, ward: str) -> None:
    """However many messages of a batch are repeats. Only the first such batch for a while costs
    more, where the database first tried to store it at once."""
    commands = [command(ward, client_msg_id=str(number)) for number in range(40)]
    await send_all(queue, commands)
    found = []
    for size in (1, 1, 40):
        with counting(database) as counts:
            answers = await send_all(queue, commands[:size])
        assert all(isinstance(one, MessageRecord) and one.duplicate for one in answers)
        found.append(counts.statements_of_a_batch)
    assert found[0] - found[1] in {0, 3}
    assert found[1] == found[2]


async def test_bad_among_good(door: AsyncDoor, queue: SendQueue, ward: str) -> None:
    """Each command of a batch has a result of its own; what is refused leaves no gap."""
    await queue.send(command(ward, "old", client_msg_id="c-0"))
    results = await send_all(
        queue,
        [
            command(ward, "1"),
            command("group_x", "2"),
            command(ward, "3", sender="eve"),
            command(ward, "4", reply_to_message_id="msg_x"),
            command(ward, "5", client_msg_id="c-0"),
            command(ward, "old", client_msg_id="c-0"),
            command(ward, "7", sender="dora"),
        ],
    )
    kinds = [type(result) for result in results]
    assert kinds == [
        MessageRecord, GroupNotFound, GroupNotFound, MessageNotFound, ClientMsgIdConflict,
        MessageRecord, MessageRecord,
    ]  # fmt: skip
    found = [(m.seq, m.msg_content, m.user_role) for m in await stored(door, ward)]
    assert found == [(1, "old", "PATIENT"), (2, "1", "PATIENT"), (3, "7", "DOCTOR")]


async def test_refused_at_once(queue: SendQueue, ward: str) -> None:
    """What breaks a rule never enters the queue."""
    with pytest.raises(ContentEmpty):
        queue.submit(command(ward, " "))
    assert len(queue) == 0


async def test_repeats_in_one_batch(door: AsyncDoor, queue: SendQueue, ward: str) -> None:
    """The first is stored, the same again gets it back, and something else is a conflict."""
    first, again, other = await send_all(
        queue, [command(ward, text, client_msg_id="c-1") for text in ("a", "a", "b")]
    )
    assert isinstance(first, MessageRecord)
    assert isinstance(again, MessageRecord)
    assert isinstance(other, ClientMsgIdConflict)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.message_id == first.message_id
    assert len(await stored(door, ward)) == 1


async def test_repeats_in_later_batches(
    door: AsyncDoor, queue: SendQueue, ward: str, delivered: list[object]
) -> None:
    """Get the first message back, unchanged, and nobody is told again."""
    first = await queue.send(command(ward, client_msg_id="c-1"))
    again = await queue.send(command(ward, client_msg_id="c-1"))
    assert again.duplicate
    assert (again.message_id, again.seq, again.created_at) == (
        first.message_id, first.seq, first.created_at,
    )  # fmt: skip
    with pytest.raises(ClientMsgIdConflict):
        await queue.send(command(ward, "y", client_msg_id="c-1"))
    assert await stored(door, ward) == [first]
    assert len(delivered) == 1


async def test_hooks_see_new_messages_only(door: AsyncDoor, ward: str) -> None:
    """Inside the transaction, and never a repeat or what was refused."""
    seen: list[str] = []

    def hook(_db: Session, messages: Sequence[MessageRecord]) -> None:
        seen.extend(message.msg_content for message in messages)

    queue = build(door, hook)
    await queue.send(command(ward, "a", client_msg_id="c-1"))
    await send_all(
        queue,
        [command(ward, "a", client_msg_id="c-1"), command(ward, "b"), command("group_x", "c")],
    )
    assert seen == ["a", "b"]


def refuse_poison(_db: Session, messages: Sequence[MessageRecord]) -> None:
    if any(message.msg_content == POISON for message in messages):
        raise ZeroDivisionError


def poisoned_content(ward: str) -> SendCommand:
    return command(ward, POISON)


def poisoned_row(ward: str) -> SendCommand:
    """A type that the column of PostgreSQL has no room for."""
    return command(ward, msg_type="T" * 40)


@pytest.mark.parametrize(
    ("databases", "poisoned"),
    [
        ("sqlite", poisoned_content),
        ("postgresql", poisoned_content),
        ("postgresql", poisoned_row),
    ],
    indirect=["databases"],
)
async def test_poison(
    door: AsyncDoor,
    ward: str,
    delivered: list[object],
    poisoned: Callable[[str], SendCommand],
) -> None:
    """A message that no transaction takes fails alone; its neighbours are stored, in order, once;
    the log names it without its text."""
    queue = build(door, refuse_poison)
    commands = [command(ward, "1"), command(ward, "2"), poisoned(ward), command(ward, "3")]
    with capture_logs() as logs:
        results = await send_all(queue, commands)
    assert isinstance(results[2], InternalError)
    messages = await stored(door, ward)
    assert [(m.seq, m.msg_content) for m in messages] == [(1, "1"), (2, "2"), (3, "3")]
    assert [results[0], results[1], results[3]] == messages
    assert delivered == [MessageSent(message, CHANGES) for message in messages]
    (line,) = logs
    assert (line["event"], line["group_id"]) == ("send_failed", ward)
    await queue.send(command(ward, "4"))


def full_disk(_logger: object, _method: str, _event: object) -> str:
    raise OSError(errno.ENOSPC, "no space left on device")


async def test_log_that_cannot_be_written(door: AsyncDoor, ward: str) -> None:
    """Is no reason to leave anybody without an answer, now or later."""
    queue = build(door, refuse_poison, batch_size=1)
    configured = structlog.get_config()
    structlog.configure(processors=[full_disk])
    try:
        sending = send_all(queue, [command(ward, POISON), command(ward, "1")])
        refused, message = await asyncio.wait_for(sending, 10)
    finally:
        structlog.configure(**configured)
    assert isinstance(refused, InternalError)
    assert [message] == await stored(door, ward)


async def test_full_queue(database_url: str, door: AsyncDoor, ward: str) -> None:
    """Refuses at once what it has no room for; what it has taken is stored."""
    queue = build(door, longest=3)
    with locked(database_url):
        taken = [queue.submit(command(ward, str(number))) for number in range(3)]
        with pytest.raises(Overloaded):
            queue.submit(command(ward))
        with pytest.raises(Overloaded):
            await queue.send(command(ward))
    assert [message.seq for message in await asyncio.gather(*taken)] == [1, 2, 3]


@asynccontextmanager
async def impatient(url: str) -> AsyncIterator[AsyncDoor]:
    settings = load_settings(database_url=url, database_timeout=0.1).database
    door = AsyncDoor(open_database(settings), lambda _events: None)
    yield door
    await door.close()


async def test_database_unavailable(database_url: str, ward: str) -> None:
    """All that could not be stored in time is told so; then the queue goes on."""
    async with impatient(database_url) as door:
        queue = build(door)
        with locked(database_url):
            results = await send_all(queue, [command(ward), command(ward)])
            assert [type(result) for result in results] == [DatabaseUnavailable] * 2
        assert (await queue.send(command(ward))).seq == 1


async def test_close(door: AsyncDoor, ward: str) -> None:
    """What waits is stored, and nothing more is taken."""
    queue = build(door, batch_size=2)
    waiting = [queue.submit(command(ward)) for _ in range(7)]
    await queue.close()
    assert [future.result().seq for future in waiting] == list(range(1, 8))
    with pytest.raises(Overloaded):
        queue.submit(command(ward))


async def test_close_when_idle(door: AsyncDoor) -> None:
    """Has nothing to wait for."""
    await build(door).close()


async def test_cancelled_caller(
    door: AsyncDoor, queue: SendQueue, ward: str, delivered: list[object]
) -> None:
    """Takes nothing back: the message is stored, told, and answered to whoever repeats it."""
    caller = asyncio.create_task(queue.send(command(ward, client_msg_id="c-1")))
    await asyncio.sleep(0)
    caller.cancel()
    neighbour = await queue.send(command(ward))
    assert caller.cancelled()
    first, second = await stored(door, ward)
    assert second == neighbour
    assert delivered == [MessageSent(first, CHANGES), MessageSent(second, CHANGES)]
    assert (await queue.send(command(ward, client_msg_id="c-1"))).message_id == first.message_id


async def test_dropped_future(door: AsyncDoor, queue: SendQueue, ward: str) -> None:
    """Whoever no longer wants the answer does not disturb the others of the batch."""
    dropped = queue.submit(command(ward))
    kept = queue.submit(command(ward))
    dropped.cancel()
    assert (await kept).seq == 2


async def test_groups_are_numbered_apart(door: AsyncDoor, queue: SendQueue) -> None:
    """In one batch as elsewhere."""
    groups = [await door.run(open_ward) for _ in range(3)]
    await send_all(queue, [command(group, str(n)) for n in range(5) for group in groups])
    for group in groups:
        assert [(m.seq, m.msg_content) for m in await stored(door, group)] == [
            (n + 1, str(n)) for n in range(5)
        ]


async def test_two_queues_on_one_database(database_url: str, ward: str) -> None:
    """As two instances would: every number once, no gap, and one message for one client_msg_id."""
    doors = [
        AsyncDoor(
            open_database(load_settings(database_url=database_url).database), lambda _events: None
        )
        for _ in range(2)
    ]
    queues = [build(door, batch_size=7) for door in doors]

    async def talk(queue: SendQueue) -> list[MessageRecord]:
        sent: list[MessageRecord] = []
        for number in range(30):
            sent += await asyncio.gather(
                queue.send(command(ward, client_msg_id=str(number))), queue.send(command(ward))
            )
        return sent

    try:
        sent = await asyncio.gather(*map(talk, queues))
        messages = await stored(doors[0], ward)
    finally:
        for door in doors:
            await door.close()
    assert [message.seq for message in messages] == list(range(1, 91))
    repeats = [one for batch in sent for one in batch if one.duplicate]
    assert len(repeats) == 30


async def test_errors_are_of_the_contract(queue: SendQueue, ward: str) -> None:
    """Whatever a queued command is refused with has a number."""
    results = await send_all(queue, [command("group_x"), command(ward, sender="eve")])
    assert all(isinstance(result, AppError) for result in results)


async def test_next_batch_does_not_wait_for_slow_handlers(
    database: Database, ward: str, delivered: list[object]
) -> None:
    """What came while a batch was in work goes to the database as soon as that is committed: it is
    there by the time the handlers of the first are through."""
    begun = threading.Event()
    seen: list[bool] = []

    def deliver(events: Sequence[object]) -> None:
        if not seen:
            seen.append(begun.wait(5))
        delivered.extend(events)

    def hook(_db: Session, messages: Sequence[MessageRecord]) -> None:
        if messages[0].msg_content == "2":
            begun.set()

    door = AsyncDoor(database, deliver)
    queue = build(door, hook, batch_size=1)
    await send_all(queue, [command(ward, "1"), command(ward, "2")])
    assert seen == [True]
    assert [event.message.msg_content for event in sent(delivered)] == ["1", "2"]
    await queue.close()


async def test_order_over_many_batches(
    database: Database, door: AsyncDoor, ward: str, delivered: list[object]
) -> None:
    """Small batches that overlap are stored and told of in the order of sending, and each message
    is answered with itself."""
    queue = build(door, batch_size=3)
    futures = []
    for number in range(60):
        futures.append(queue.submit(command(ward, str(number))))
        if number % 7 == 0:
            await asyncio.sleep(0.001)
    answered = await asyncio.gather(*futures)
    await queue.close()
    expected = [str(number) for number in range(60)]
    assert [message.msg_content for message in await stored(door, ward)] == expected
    assert [event.message.msg_content for event in sent(delivered)] == expected
    assert [message.msg_content for message in answered] == expected


def sent(delivered: list[object]) -> list[MessageSent]:
    return [event for event in delivered if isinstance(event, MessageSent)]
