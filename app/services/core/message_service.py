from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from app.errors import AppError, GroupNotFound, MessageNotFound
from app.repositories.batch import GroupStates
from app.repositories.message_repository import MessageRepository
from app.services.core.access import Caller, access_group
from app.services.core.at_once import Fresh, GroupMemory, store_at_once
from app.services.core.batch import Batch
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.translate import message_record

Hook = Callable[[Session, Sequence[MessageRecord]], None]
"""Runs inside the transaction that stores messages, for layers above the core. It sees new
messages only, never repeats; what it raises undoes the whole batch, so it must not refuse."""


class MessageService:
    def __init__(self, db: Session, hooks: Sequence[Hook] = ()) -> None:
        self._db = db
        self._hooks = hooks
        self._messages = MessageRepository(db)

    def send(self, command: SendCommand) -> MessageRecord:
        """Raises GroupNotFound, MessageNotFound (reply) or ClientMsgIdConflict."""
        (result,) = self.send_batch([command])
        if isinstance(result, AppError):
            raise result
        return result

    def send_batch(
        self, commands: Sequence[SendCommand], locked: GroupStates | None = None
    ) -> list[MessageRecord | AppError]:
        """One result for each command, in their order; a refused one never harms its neighbours.
        `locked` as in `Batch.store`."""
        batch = Batch(self._db, commands)
        self._tell_hooks(batch.store(locked))
        return batch.results

    def send_new(
        self, messages: Sequence[Fresh], memory: GroupMemory
    ) -> list[MessageRecord | AppError]:
        """As `send_batch`, in fewer steps. Raises NotAllNew where one of them is to be refused, or
        is a repeat; Outdated as `store_at_once` does."""
        stored = store_at_once(self._db, messages, memory)
        self._tell_hooks(stored)
        return list(stored)

    def _tell_hooks(self, stored: Sequence[MessageRecord]) -> None:
        if stored:
            for hook in self._hooks:
                hook(self._db, stored)

    def get_message(self, message_id: str, caller: Caller) -> MessageRecord:
        message = self._messages.get_by_id(message_id)
        if message is None:
            raise MessageNotFound
        try:
            access_group(self._db, message.group_id, caller)
        except GroupNotFound:
            raise MessageNotFound from None
        return message_record(message)

    def get_messages(
        self, group_id: str, page: int, page_size: int, caller: Caller
    ) -> tuple[list[MessageRecord], int]:
        """Newest first, with the group's total."""
        access_group(self._db, group_id, caller)
        messages, total = self._messages.get_by_group(group_id, page, page_size)
        return [message_record(message) for message in messages], total

    def get_messages_before(
        self, group_id: str, seq: int, limit: int, caller: Caller
    ) -> tuple[list[MessageRecord], int]:
        """Newest first, with the group's total."""
        total = access_group(self._db, group_id, caller).last_seq
        return [message_record(m) for m in self._messages.before(group_id, seq, limit)], total

    def get_messages_after(
        self, group_id: str, seq: int, limit: int, caller: Caller
    ) -> tuple[list[MessageRecord], int]:
        """Oldest first, with the group's total."""
        total = access_group(self._db, group_id, caller).last_seq
        return [message_record(m) for m in self._messages.after(group_id, seq, limit)], total

    def between(self, group_id: str, after: int, before: int) -> list[MessageRecord]:
        """For callers who have checked whom they read for: oldest first, bounds excluded."""
        return [message_record(m) for m in self._messages.between(group_id, after, before)]
