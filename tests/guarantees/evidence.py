"""A run's history and database, indexed once for all checks."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import msgspec

from app.models.enums import MessageType
from tests.guarantees.dump import Dump, Interaction, Stored
from tests.guarantees.history import (
    Applied,
    Attempt,
    Changed,
    Fault,
    Outcome,
    R,
    Record,
    Result,
    View,
    of_kind,
)

NOT_A_MEMBER = 2003


class Violation(msgspec.Struct, frozen=True):
    """`ids`: the group, message, attempt or device that it is about. `evidence`: the records that
    show it, as text."""

    promise: str
    what: str
    ids: tuple[str, ...]
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.promise}: {self.what} [{', '.join(self.ids)}]"]
        return "\n    ".join([*lines, *self.evidence])


def broken(promise: str, what: str, *ids: object, by: Iterable[object] = ()) -> Violation:
    return Violation(promise, what, tuple(map(str, ids)), tuple(map(repr, by)))


class MessageKey(NamedTuple):
    """What makes several attempts one message."""

    user: str
    group_id: str
    client_msg_id: str | None


def key_of(attempt: Attempt) -> MessageKey:
    return MessageKey(attempt.user, attempt.group_id, attempt.client_msg_id)


def key_of_stored(message: Stored) -> MessageKey:
    return MessageKey(message.sender, message.group_id, message.client_msg_id)


class Absence(NamedTuple):
    """A user was surely out of a group: from the answer to the removal to the next call that may
    have let them in again."""

    removal: Changed
    since: float
    until: float


class Evidence:
    def __init__(self, records: list[Record], dump: Dump) -> None:
        self.records = records
        self.dump = dump

    def all(self, kind: type[R]) -> list[R]:
        return list(of_kind(self.records, kind))

    @cached_property
    def outcomes(self) -> dict[int, list[Outcome]]:
        by_attempt: dict[int, list[Outcome]] = defaultdict(list)
        for outcome in self.all(Outcome):
            by_attempt[outcome.attempt].append(outcome)
        return by_attempt

    @cached_property
    def tries(self) -> dict[MessageKey, list[tuple[Attempt, Outcome]]]:
        """Each message's attempts with their ends; attempts without one are G15's matter."""
        by_key: dict[MessageKey, list[tuple[Attempt, Outcome]]] = defaultdict(list)
        for attempt in self.all(Attempt):
            for outcome in self.outcomes.get(attempt.attempt, [])[:1]:
                by_key[key_of(attempt)].append((attempt, outcome))
        return by_key

    @cached_property
    def acknowledged(self) -> list[tuple[Attempt, Outcome]]:
        return [
            (attempt, outcome)
            for tries in self.tries.values()
            for attempt, outcome in tries
            if outcome.result is Result.OK
        ]

    @cached_property
    def stored(self) -> dict[str, Stored]:
        return {message.message_id: message for message in self.dump.messages}

    @cached_property
    def interactions(self) -> dict[str, list[Interaction]]:
        """By the message that they answer."""
        by_question: dict[str, list[Interaction]] = defaultdict(list)
        for record in self.dump.interactions:
            by_question[record.user_message_id].append(record)
        return by_question

    @cached_property
    def answered_by(self) -> dict[str, list[Interaction]]:
        """By the reply that they name."""
        by_reply: dict[str, list[Interaction]] = defaultdict(list)
        for record in self.dump.interactions:
            by_reply[record.ai_message_id or ""].append(record)
        return by_reply

    @cached_property
    def replies(self) -> list[Stored]:
        return [m for m in self.dump.messages if m.msg_type == MessageType.AI_REPLY]

    @cached_property
    def by_group(self) -> dict[str, list[Stored]]:
        groups: dict[str, list[Stored]] = {group_id: [] for group_id in self.dump.heads}
        for message in self.dump.messages:
            groups.setdefault(message.group_id, []).append(message)
        return groups

    @cached_property
    def applied(self) -> dict[tuple[str, str], list[Applied]]:
        """By device and group, in the order in which they were applied."""
        by_view: dict[tuple[str, str], list[Applied]] = defaultdict(list)
        for applied in self.all(Applied):
            by_view[applied.device, applied.group_id].append(applied)
        return by_view

    @cached_property
    def views(self) -> list[View]:
        """Of those who are members to the end: only these must be whole."""
        return [v for v in self.all(View) if self.is_member(v.group_id, v.device)]

    def is_member(self, group_id: str, device: str) -> bool:
        return device.rpartition("/")[0] in self.dump.members.get(group_id, [])

    @cached_property
    def faults(self) -> list[Fault]:
        return self.all(Fault)

    @cached_property
    def absences(self) -> dict[tuple[str, str], list[Absence]]:
        """By group and user."""
        calls: dict[tuple[str, str], list[Changed]] = defaultdict(list)
        for change in self.all(Changed):
            calls[change.group_id, change.user].append(change)
        return {who: list(_absences(changes)) for who, changes in calls.items()}


def _absences(changes: list[Changed]) -> Iterable[Absence]:
    for change in changes:
        out = change.result is Result.OK or change.number == NOT_A_MEMBER
        if not change.joined and out:
            letting_in = [
                other.at
                for other in changes
                if other.joined and other.done > change.at and other.result is not Result.REFUSED
            ]
            yield Absence(change, change.done, min(letting_in, default=float("inf")))
