"""Many sends in one transaction: the steps that each take one statement for all of them."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.db import outbox
from app.errors import AppError, ClientMsgIdConflict, GroupNotFound, MessageNotFound
from app.models.enums import UserRole
from app.models.message import Message
from app.repositories.batch import batch_statements
from app.repositories.batch.portable import GroupStates, RepeatKey, Roles
from app.repositories.message_repository import MessageRepository
from app.services.core.events import MessageSent
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.translate import message_record
from app.utils.clock import utc_now
from app.utils.id_generator import generate_message_id

Result = MessageRecord | AppError


class Batch:
    """Groups are locked first: from then on members, repeats and heads stand still, so that the
    order of `seq` is the order of commits, and someone removed has sent his last message."""

    def __init__(self, db: Session, commands: Sequence[SendCommand]) -> None:
        self._db = db
        self._commands = commands
        self._statements = batch_statements(db)
        self._results: list[Result | None] = [None] * len(commands)
        self._now = utc_now()

    @property
    def results(self) -> list[Result]:
        return [result for result in self._results if result is not None]

    def store(self, locked: GroupStates | None = None) -> list[MessageRecord]:
        """The new messages, in order of `seq` within each group; their events are recorded.
        `locked`: the states of all their groups, where the caller has locked them."""
        group_ids = {command.group_id for command in self._commands}
        states = locked or self._statements.lock_states(group_ids)
        heads = {group_id: last_seq for group_id, (last_seq, _) in states.items()}
        self._roles, repeats = self._look_up()
        self._refuse(lambda c: None if self._may_send(c, heads) else GroupNotFound())
        self._refuse_unknown_replies()
        new = self._answer_repeats(repeats)
        if not new:
            return []
        stored = self._append(new, heads)
        self._answer_repeats_within(new)
        for record in stored:
            outbox.record(self._db, MessageSent(record, states[record.group_id][1]))
        return stored

    def _open(self) -> list[tuple[int, SendCommand]]:
        return [(i, c) for i, c in enumerate(self._commands) if self._results[i] is None]

    def _refuse(self, judge: Callable[[SendCommand], AppError | None]) -> None:
        for index, command in self._open():
            self._results[index] = judge(command)

    def _look_up(self) -> tuple[Roles, dict[RepeatKey, Message]]:
        pairs = {(c.group_id, c.from_user_id) for c in self._commands if not c.by_system}
        keys = {key for c in self._commands if (key := repeat_key(c))}
        return self._statements.look_up(pairs, keys)

    def _may_send(self, command: SendCommand, heads: dict[str, int]) -> bool:
        member = (command.group_id, command.from_user_id) in self._roles
        return command.group_id in heads and (command.by_system or member)

    def _refuse_unknown_replies(self) -> None:
        named = {
            c.reply_to_message_id
            for _, c in self._open()
            if c.reply_to_message_id and not c.by_system
        }
        if not named:
            return
        known = MessageRepository(self._db).existing(named)
        self._refuse(
            lambda c: (
                None
                if c.by_system
                or c.reply_to_message_id is None
                or (c.reply_to_message_id, c.group_id) in known
                else MessageNotFound("The message replied to is not in this group.")
            )
        )

    def _answer_repeats(self, known: dict[RepeatKey, Message]) -> list[tuple[int, SendCommand]]:
        """What is left to store: the first of each client_msg_id that the database has not."""
        for index, command in self._open():
            first = known.get(repeat_key(command) or ("", "", ""))
            if first is not None:
                self._results[index] = _repeat(command, message_record(first))
        seen: set[RepeatKey] = set()
        new = []
        for index, command in self._open():
            key = repeat_key(command)
            if key is None or key not in seen:
                new.append((index, command))
            if key:
                seen.add(key)
        return new

    def _append(
        self, new: Sequence[tuple[int, SendCommand]], heads: dict[str, int]
    ) -> list[MessageRecord]:
        rows = [message_row(command, heads, self._role_of(command)) for _, command in new]
        advanced = {row["group_id"]: heads[row["group_id"]] for row in rows}
        ids = self._statements.append(rows, advanced, self._now)
        stored = [
            MessageRecord(
                id=ids[row["message_id"]], created_at=self._now, updated_at=self._now, **row
            )
            for row in rows
        ]
        for (index, _), record in zip(new, stored, strict=True):
            self._results[index] = record
        return stored

    def _role_of(self, command: SendCommand) -> str:
        return self._roles.get((command.group_id, command.from_user_id), UserRole.AI_ASSISTANT)

    def _answer_repeats_within(self, new: Sequence[tuple[int, SendCommand]]) -> None:
        """A client_msg_id that came twice in this very batch."""
        first = {repeat_key(command): self._results[index] for index, command in new}
        for index, command in self._open():
            record = first[repeat_key(command)]
            assert isinstance(record, MessageRecord)  # noqa: S101 - stored just now
            self._results[index] = _repeat(command, record)


def message_row(
    command: SendCommand, heads: dict[str, int], user_role: str | None = None
) -> dict[str, Any]:
    """Takes the group's next `seq`."""
    heads[command.group_id] += 1
    return {
        "message_id": generate_message_id(),
        "group_id": command.group_id,
        "seq": heads[command.group_id],
        "from_user_id": command.from_user_id,
        "user_role": user_role,
        "msg_type": command.msg_type,
        "msg_content": command.content,
        "client_msg_id": command.client_msg_id,
        "reply_to_message_id": command.reply_to_message_id,
        "finish_reason": command.finish_reason,
    }


def repeat_key(command: SendCommand) -> RepeatKey | None:
    if command.client_msg_id is None:
        return None
    return (command.from_user_id, command.group_id, command.client_msg_id)


def _repeat(command: SendCommand, first: MessageRecord) -> Result:
    same = (
        command.content == first.msg_content
        and command.msg_type == first.msg_type
        and command.reply_to_message_id == first.reply_to_message_id
    )
    if not same:
        return ClientMsgIdConflict(message_id=first.message_id)
    return msgspec.structs.replace(first, duplicate=True)
