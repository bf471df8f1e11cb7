"""A batch of which nothing is to be refused: one statement.

Most batches are such: new messages of members. Whether one is turns out in the database; if it is
not, nothing of it is kept, and it goes the longer way of `Batch`.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from app.db import outbox
from app.repositories.batch import batch_statements
from app.repositories.batch.portable import Change, Draft, GroupStates
from app.services.core.events import MessageSent
from app.services.core.records import MessageRecord, SendCommand
from app.utils.clock import utc_now
from app.utils.id_generator import generate_message_id

MOST_GROUPS = 100_000
"""About 20 MB."""
DOUBT_SECONDS = 0.5
"""After a group was not as it was thought to be: another instance may be busy with the same ones,
and each wrong guess costs a transaction."""


class NotAllNew(Exception):
    """The transaction is to be undone, and the batch to be stored by `Batch`."""


class Outdated(Exception):
    """The transaction is to be undone, and may be tried again."""


class GroupMemory:
    """What this process last saw of its groups, which spares it looking. Never relied upon: the
    statement that uses it compares it with what is true. Used by several threads."""

    def __init__(self) -> None:
        self._states: GroupStates = {}
        self._doubtful_until = 0.0

    def recall(self, group_ids: Iterable[str]) -> GroupStates | None:
        """All or nothing."""
        if time.monotonic() < self._doubtful_until:
            return None
        states = self._states
        try:
            return {group_id: states[group_id] for group_id in group_ids}
        except KeyError:
            return None

    def learn(self, states: GroupStates) -> None:
        if len(self._states) > MOST_GROUPS:
            self._states = {}
        self._states.update(states)

    def doubt(self) -> None:
        self._doubtful_until = time.monotonic() + DOUBT_SECONDS


class Fresh:
    """A plain command made ready while the database is busy with others."""

    __slots__ = ("draft", "encoded")

    def __init__(self, command: SendCommand) -> None:
        self.draft = Draft(
            generate_message_id(), command.group_id, command.from_user_id, command.msg_type,
            command.content, command.client_msg_id,
        )  # fmt: skip
        self.encoded = msgspec.json.encode(self.draft)


def is_plain(command: SendCommand) -> bool:
    """For others there is more to be looked up."""
    return command.reply_to_message_id is None and not command.by_system


def store_at_once(
    db: Session, messages: Sequence[Fresh], memory: GroupMemory
) -> list[MessageRecord]:
    """The groups are locked first where they are not remembered, as in `Batch`; else the statement
    itself makes sure that nobody has written to them, or left them, since. Raises NotAllNew, or
    Outdated, which it does not twice running."""
    statements, now = batch_statements(db), utc_now()
    group_ids = {message.draft.group_id for message in messages}
    remembered = memory.recall(group_ids)
    states = remembered or statements.lock_states(group_ids)
    if len(states) < len(group_ids):
        raise NotAllNew
    seqs, changes = _number(messages, states)
    encoded = [message.encoded for message in messages]
    stored = statements.append_of_members(encoded, seqs, changes, now)
    if remembered and not stored:
        memory.doubt()
        raise Outdated
    if len(stored) < len(messages):
        raise NotAllNew
    memory.learn({change.group_id: (change.head, change.member_changes) for change in changes})
    records = [
        _record(message.draft, seq, stored[message.draft.message_id], now)
        for message, seq in zip(messages, seqs, strict=True)
    ]
    for record in records:
        outbox.record(db, MessageSent(record, states[record.group_id][1]))
    return records


def _number(messages: Sequence[Fresh], states: GroupStates) -> tuple[list[int], list[Change]]:
    """Changes in order of group_id, since that is the order in which groups are locked."""
    heads = {group_id: last_seq for group_id, (last_seq, _) in states.items()}
    seqs = []
    for message in messages:
        heads[message.draft.group_id] += 1
        seqs.append(heads[message.draft.group_id])
    return seqs, [Change(one, heads[one], *states[one]) for one in sorted(states)]


def _record(draft: Draft, seq: int, stored: tuple[int, str], now: datetime) -> MessageRecord:
    return MessageRecord(
        id=stored[0],
        message_id=draft.message_id,
        group_id=draft.group_id,
        seq=seq,
        from_user_id=draft.from_user_id,
        user_role=stored[1],
        msg_type=draft.msg_type,
        msg_content=draft.msg_content,
        client_msg_id=draft.client_msg_id,
        reply_to_message_id=None,
        finish_reason=None,
        created_at=now,
        updated_at=now,
    )
