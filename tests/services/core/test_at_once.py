"""The short way of new messages gives what the long one gives, or nothing."""

import pytest
from sqlalchemy.orm import Session

from app.db import outbox
from app.models.enums import UserRole
from app.repositories.batch import batch_statements
from app.services.core.access import Caller
from app.services.core.at_once import NotAllNew, is_plain, store_at_once
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


def test_new_messages(db: Session, group: str) -> None:
    """Are numbered, carry their senders' roles, and are told of; the records are what is stored."""
    MessageService(db).send(command(group, "pat"))
    outbox.take(db)
    other = GroupService(db).create_group("other", None, Caller("eve")).group_id
    outbox.take(db)
    batch = [
        command(group, "pat", "1"),
        command(other, "eve", "1"),
        command(group, "dora", "1"),
        command(group, "pat"),
    ]
    records = store_at_once(db, batch)
    assert [(record.group_id, record.seq) for record in records] == [
        (group, 2), (other, 1), (group, 3), (group, 4),
    ]  # fmt: skip
    assert [record.user_role for record in records] == [
        UserRole.PATIENT, UserRole.DOCTOR, UserRole.DOCTOR, UserRole.PATIENT,
    ]  # fmt: skip
    assert outbox.take(db) == [MessageSent(record) for record in records]
    assert MessageService(db).between(group, 1, 100) == [
        record for record in records if record.group_id == group
    ]
    assert batch_statements(db).lock_heads([group, other]) == {group: 4, other: 1}


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
def test_anything_else(db: Session, group: str, last: object) -> None:
    """Is found out, and leaves the rest to the long way."""
    MessageService(db).send(command(group, "pat", "old"))
    assert callable(last)
    with pytest.raises(NotAllNew):
        store_at_once(db, [command(group, "pat", "new"), last(group)])


def test_plain_commands() -> None:
    """Replies and messages of the system need more than this."""
    assert is_plain(command("g", "pat"))
    assert not is_plain(
        SendCommand(group_id="g", from_user_id="pat", content="x", reply_to_message_id="msg_1")
    )
    assert not is_plain(SendCommand(group_id="g", from_user_id="ai", content="x", by_system=True))
