"""A batch of which nothing is to be refused: one statement after the lock.

Most batches are such: new messages of members. Whether one is turns out in the database; if it is
not, nothing of it is kept, and it goes the longer way of `Batch`.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.db import outbox
from app.repositories.batch import batch_statements
from app.services.core.batch import message_row
from app.services.core.events import MessageSent
from app.services.core.records import MessageRecord, SendCommand
from app.utils.clock import utc_now


class NotAllNew(Exception):
    """The transaction is to be undone, and the batch to be stored by `Batch`."""


def is_plain(command: SendCommand) -> bool:
    """For others there is more to be looked up."""
    return command.reply_to_message_id is None and not command.by_system


def store_at_once(db: Session, commands: Sequence[SendCommand]) -> list[MessageRecord]:
    """Of plain commands. As in `Batch` the lock is a statement of its own: what the next one sees
    holds for as long as the lock. Raises NotAllNew."""
    statements, now = batch_statements(db), utc_now()
    heads = statements.lock_heads({command.group_id for command in commands})
    if any(command.group_id not in heads for command in commands):
        raise NotAllNew
    rows = [message_row(command, heads) for command in commands]
    advanced = {command.group_id: heads[command.group_id] for command in commands}
    stored = statements.append_of_members(rows, advanced, now)
    if len(stored) < len(rows):
        raise NotAllNew
    records = []
    for row in rows:
        row_id, role = stored[row["message_id"]]
        row["user_role"] = role
        records.append(MessageRecord(id=row_id, created_at=now, updated_at=now, **row))
    for record in records:
        outbox.record(db, MessageSent(record))
    return records
