"""A batch does what its commands would have done one after the other."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.db import outbox
from app.db.engine import Database
from app.errors import AppError
from app.services.core.events import MessageSent
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord, SendCommand
from tests.services.core.ward import open_ward

COMMANDS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        group=st.sampled_from(["one", "two", "none"]),
        sender=st.sampled_from(["pat", "dora", "eve", "system"]),
        content=st.sampled_from(["a", "b"]),
        msg_type=st.sampled_from(["TEXT", "IMAGE"]),
        client_msg_id=st.sampled_from([None, None, "1", "2"]),
        reply=st.sampled_from([None, None, None, "known", "unknown"]),
    ),
    max_size=12,
)


def shape(result: MessageRecord | AppError) -> tuple[object, ...]:
    """All that does not change from one run to the next."""
    if isinstance(result, AppError):
        return (type(result).__name__,)
    return (
        result.group_id, result.seq, result.from_user_id, result.user_role, result.msg_type,
        result.msg_content, result.client_msg_id, result.reply_to_message_id, result.duplicate,
    )  # fmt: skip


class Scene:
    """Two groups with a message each, in a transaction that can be taken back to this point."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self.groups = {"one": open_ward(db), "two": open_ward(db), "none": "group_x"}
        first = SendCommand(group_id=self.groups["one"], from_user_id="pat", content="?")
        self.known = MessageService(db).send(first).message_id

    def command(self, fields: dict[str, Any]) -> SendCommand:
        by_system = fields["sender"] == "system"
        replies = {None: None, "known": self.known, "unknown": "msg_x"}
        return SendCommand(
            group_id=self.groups[fields["group"]],
            from_user_id="ai_assistant_001" if by_system else fields["sender"],
            content=fields["content"],
            msg_type=fields["msg_type"],
            client_msg_id=fields["client_msg_id"],
            reply_to_message_id=replies[fields["reply"]],
            by_system=by_system,
        )

    def one_by_one(self, commands: Sequence[SendCommand]) -> list[tuple[object, ...]]:
        service = MessageService(self.db)
        return [shape(service.send_batch([command])[0]) for command in commands]

    def at_once(self, commands: Sequence[SendCommand]) -> list[tuple[object, ...]]:
        return list(map(shape, MessageService(self.db).send_batch(commands)))

    def stored(self) -> list[tuple[object, ...]]:
        service = MessageService(self.db)
        return [shape(m) for g in self.groups.values() for m in service.between(g, 0, 1 << 62)]

    def told(self) -> list[tuple[object, ...]]:
        events = [e for e in outbox.take(self.db) if isinstance(e, MessageSent)]
        return [shape(event.message) for event in events]


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(COMMANDS)
def test_batch_is_its_commands_in_order(
    shared_database: Database, fields: list[dict[str, Any]]
) -> None:
    """Same results, same rows, same events, whatever is in it."""
    with shared_database.writing() as db:
        scene = Scene(db)
        commands = [scene.command(one) for one in fields]
        outbox.take(db)
        outcomes = []
        for run in (scene.one_by_one, scene.at_once):
            before = db.begin_nested()
            outcomes.append((run(commands), scene.stored(), scene.told()))
            before.rollback()
        assert outcomes[0] == outcomes[1]


def test_empty_batch(db: Session) -> None:
    """Has no results."""
    assert MessageService(db).send_batch([]) == []
