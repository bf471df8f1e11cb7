"""The short way of new messages gives what the long one gives, or nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import outbox
from app.db.engine import Database
from app.models.enums import UserRole
from app.repositories.batch import batch_statements
from app.services.core import at_once
from app.services.core.access import Caller
from app.services.core.at_once import (
    Fresh,
    GroupMemory,
    NotAllNew,
    Outdated,
    is_plain,
    store_at_once,
)
from app.services.core.events import MessageSent
from app.services.core.group_service import GroupService
from app.services.core.message_service import MessageService
from app.services.core.records import SendCommand
from tests.services.core.ward import open_ward


@pytest.fixture
def group(db: Session) -> str:
    if not batch_statements(db).stores_at_once:
        pytest.skip("this database takes the long way only")
    return open_ward(db)


def command(group: str, sender: str, client_msg_id: str | None = None) -> SendCommand:
    return SendCommand(
        group_id=group, from_user_id=sender, content="x", client_msg_id=client_msg_id
    )


def fresh(*commands: SendCommand) -> list[Fresh]:
    return list(map(Fresh, commands))


@pytest.fixture(params=["as remembered", "not remembered"])
def memory(request: pytest.FixtureRequest, db: Session, group: str) -> GroupMemory:
    """Of one message by "pat"."""
    memory = GroupMemory()
    MessageService(db).send(command(group, "pat", "old"))
    if request.param == "as remembered":
        memory.learn(batch_statements(db).lock_states([group]))
    outbox.take(db)
    return memory


def test_new_messages(db: Session, group: str, memory: GroupMemory) -> None:
    """Are numbered, carry their senders' roles, and are told of; the records are what is stored."""
    other = GroupService(db).create_group("other", None, Caller("eve")).group_id
    outbox.take(db)
    if memory.recall([group]):
        memory.learn({other: (0, 1)})
    batch = fresh(
        command(group, "pat", "1"),
        command(other, "eve", "1"),
        command(group, "dora", "1"),
        command(group, "pat"),
    )
    records = store_at_once(db, batch, memory)
    assert [(record.group_id, record.seq) for record in records] == [
        (group, 2), (other, 1), (group, 3), (group, 4),
    ]  # fmt: skip
    assert [record.user_role for record in records] == [
        UserRole.PATIENT, UserRole.DOCTOR, UserRole.DOCTOR, UserRole.PATIENT,
    ]  # fmt: skip
    changes = {group: 2, other: 1}
    assert outbox.take(db) == [MessageSent(record, changes[record.group_id]) for record in records]
    assert MessageService(db).between(group, 1, 100) == [
        record for record in records if record.group_id == group
    ]
    assert batch_statements(db).lock_states([group, other]) == {group: (4, 2), other: (1, 1)}
    (last,) = store_at_once(db, fresh(command(group, "dora")), memory)
    assert last.seq == 5


@pytest.mark.parametrize(
    "last",
    [
        lambda group: command(group, "pat", "old"),
        lambda group: command(group, "pat", "new"),
        lambda group: command(group, "nobody"),
        lambda _group: command("group_none", "pat"),
    ],
    ids=["a repeat", "twice in the batch", "no member", "no group"],
)
def test_anything_else(
    db: Session, group: str, last: Callable[[str], SendCommand], memory: GroupMemory
) -> None:
    """Is found out, and leaves the rest to the long way."""
    with pytest.raises(NotAllNew):
        store_at_once(db, fresh(command(group, "pat", "new"), last(group)), memory)


def remove(db: Session, group: str, user_id: str) -> None:
    GroupService(db).remove_member(group, user_id, Caller("dora"))


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda db, group: MessageService(db).send(command(group, "dora")),
        lambda db, group: remove(db, group, "pat"),
    ],
    ids=["written to", "left"],
)
def test_no_longer_as_remembered(
    db: Session, group: str, meanwhile: Callable[[Session, str], object]
) -> None:
    """Nothing is stored. For a while the groups are looked at first."""
    memory = GroupMemory()
    store_at_once(db, fresh(command(group, "pat")), memory)
    meanwhile(db, group)
    states = batch_statements(db).lock_states([group])
    with pytest.raises(Outdated):
        store_at_once(db, fresh(command(group, "dora")), memory)
    assert batch_statements(db).lock_states([group]) == states
    (record,) = store_at_once(db, fresh(command(group, "dora")), memory)
    assert record.seq == states[group][0] + 1


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_removed_while_the_statement_waits(database: Database, ward: str) -> None:
    """Whoever has been removed has sent his last message, though the statement that would store
    one more began before that was committed."""
    memory = GroupMemory()

    def send() -> None:
        with database.writing() as db:
            store_at_once(db, fresh(command(ward, "pat")), memory)
            db.commit()

    send()
    with ThreadPoolExecutor(1) as thread, database.writing() as db:
        remove(db, ward, "pat")
        sending = thread.submit(send)
        wait_until_blocked(database)
        db.commit()
        with pytest.raises(Outdated):
            sending.result(10)


def wait_until_blocked(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(300):
        with database.reading() as db:
            if db.scalar(waiting):
                return
        sleep(0.01)
    pytest.fail("no statement waits for a lock")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is forgotten costs a look, no more."""
    monkeypatch.setattr(at_once, "MOST_GROUPS", 2)
    memory = GroupMemory()
    for number in range(4):
        memory.learn({str(number): (number, 0)})
    assert memory.recall(["0"]) is None
    assert memory.recall(["3"]) == {"3": (3, 0)}


def test_plain_commands() -> None:
    """Replies and messages of the system need more than this."""
    assert is_plain(command("g", "pat"))
    assert not is_plain(
        SendCommand(group_id="g", from_user_id="pat", content="x", reply_to_message_id="msg_1")
    )
    assert not is_plain(SendCommand(group_id="g", from_user_id="ai", content="x", by_system=True))
