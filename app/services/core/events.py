"""What happened, told after the commit. Handlers are listed in one table in `app.bootstrap`."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import structlog

from app.db.outbox import CommitInDoubt
from app.services.core.records import MessageRecord

log = structlog.get_logger(__name__)


class Event(msgspec.Struct, frozen=True):
    """Ids and primitives only: an event may be handled long after its session is gone."""


class MessageSent(Event, frozen=True):
    """`member_changes`: how often the group's members had changed when it was stored."""

    message: MessageRecord
    member_changes: int = 0


class MemberAdded(Event, frozen=True):
    """`last_seq` is the group's at that moment: the member gets live what comes after it.
    `member_changes` counts this one; `again`: it is told once more, and none is counted."""

    group_id: str
    user_id: str
    user_role: str
    last_seq: int
    ai_mode: str
    member_changes: int
    again: bool = False


class MemberRemoved(Event, frozen=True):
    group_id: str
    user_id: str
    user_role: str
    member_changes: int


class AIModeChanged(Event, frozen=True):
    group_id: str
    ai_mode: str
    by_user_id: str


E = TypeVar("E", bound=Event | CommitInDoubt)


class EventDelivery:
    """Hands events to their handlers. A handler that fails is logged and harms nobody: what it
    lost is repaired by sequence numbers (pushes) and pending records (AI work)."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Callable[[Any], None]]] = {}

    def subscribe(self, kind: type[E], handler: Callable[[E], None]) -> None:
        self._handlers.setdefault(kind, []).append(handler)

    def deliver(self, events: Sequence[object]) -> None:
        for event in events:
            for handler in self._handlers.get(type(event), ()):
                try:
                    handler(event)
                except Exception:
                    log.exception("event_handler_failed", event_type=type(event).__name__)
