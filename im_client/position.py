"""Where a program was, and where a connection goes on from there."""

from typing import Literal, Self

import msgspec

from im_client.events import AiReply, Connected, Event, MessageSent, PositionLost

Start = Literal["present", "beginning"]
"""Where a client without a position begins to hear a group."""


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last `seq` taken in each group, and the database (`epoch`) these numbers belong to."""

    epoch: str
    groups: dict[str, int]

    def to_json(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises ValueError for what `to_json` has not written."""
        try:
            position = msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError as exc:
            raise ValueError(f"this is no saved position: {exc}") from exc
        if any(seq < 0 for seq in position.groups.values()):
            raise ValueError("this is no saved position: a seq is below 0")
        return position


def starts(position: Position | None, connected: Connected, start: Start) -> dict[str, int]:
    """The seq after which each group of a new connection is heard.

    A group without a number in the same database was joined while away. The moment of joining has
    no seq, so it is heard from its beginning.
    """
    if position is not None and position.epoch == connected.epoch:
        return {group_id: position.groups.get(group_id, 0) for group_id in connected.groups}
    if start == "beginning":
        return dict.fromkeys(connected.groups, 0)
    return {group_id: state.last_seq for group_id, state in connected.groups.items()}


class Bookmark:
    """The position after the events that the program has taken so far.

    Groups that one has left stay in it: who comes back hears nothing twice.
    """

    def __init__(self, position: Position | None, start: Start) -> None:
        self._epoch = position.epoch if position else None
        self._groups = dict(position.groups) if position else {}
        self._start = start

    @property
    def position(self) -> Position | None:
        """None before the first connection."""
        return None if self._epoch is None else Position(self._epoch, dict(self._groups))

    def note(self, event: Event) -> None:
        match event:
            case Connected():
                known = starts(self.position, event, self._start)
                if event.epoch != self._epoch:
                    self._epoch, self._groups = event.epoch, {}
                self._groups |= known
            case MessageSent() | AiReply():
                self._groups[event.group_id] = event.seq
            case PositionLost():
                self._groups[event.group_id] = event.resumes_at - 1
