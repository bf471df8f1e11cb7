from collections import deque
from dataclasses import dataclass, field

from im_client.errors import IMProtocolError
from im_client.events import Connected, EpochChanged, PositionLost, Sequenced
from im_client.position import Position, Start, starts

_HELD = 100
"""Messages kept for each group that is behind; what comes after them is fetched again."""


@dataclass(slots=True)
class _Group:
    last: int
    """The last seq applied."""
    newest: int
    """The last seq of the group as far as is known; another one than `last` must be looked into."""
    held: deque[Sequenced] = field(default_factory=deque)
    """Live messages that came too early, with rising seqs."""


class Sequence:
    """Which message comes next in each group, what is missing, and what waits; without I/O.

    Every message is applied once, in the order of `seq`, none is passed over.
    """

    def __init__(self, position: Position | None = None, start: Start = "present") -> None:
        self._epoch = position.epoch if position else None
        self._left = dict(position.groups) if position else {}
        self._groups: dict[str, _Group] = {}
        self._start = start

    @property
    def position(self) -> Position | None:
        """None before the first connection. Groups that one has left keep their place."""
        if self._epoch is None:
            return None
        present = {group_id: group.last for group_id, group in self._groups.items()}
        return Position(self._epoch, self._left | present)

    def welcome(self, connected: Connected) -> EpochChanged | None:
        """Adopts the groups of a new connection, each with the head that it is told with."""
        position = self.position
        begins = starts(position, connected, self._start)
        same = position is not None and position.epoch == connected.epoch
        self._left = dict(position.groups) if position and same else {}
        self._epoch = connected.epoch
        self._groups = {
            group_id: _Group(begins[group_id], state.last_seq)
            for group_id, state in connected.groups.items()
        }
        return None if position is None or same else EpochChanged(position.epoch, connected.epoch)

    def offer(self, event: Sequenced, *, room: bool = True) -> bool:
        """Whether a live message is applied now. If not, it is a repeat, or waits, or will have to
        be fetched: `behind` tells. Without `room` it may not be applied yet.
        """
        group = self._groups.get(event.group_id)
        if group is None:  # joined while connected: what arrives first is where it starts
            group = self._groups[event.group_id] = _Group(event.seq - 1, event.seq - 1)
        whole, repeat = group.last == group.newest, event.seq <= group.last
        if whole and repeat:
            return False
        if not repeat:  # where it is no repeat after all, `settle` finds it among the waiting
            group.newest = max(group.newest, event.seq)
        if room and whole and event.seq == group.last + 1:
            group.last = event.seq
            return True
        if len(group.held) < _HELD and (not group.held or event.seq > group.held[-1].seq):
            group.held.append(event)
        return False

    def behind(self) -> dict[str, int]:
        """The groups that are not whole, each with the last seq applied."""
        return {g: group.last for g, group in self._groups.items() if group.last != group.newest}

    def last(self, group_id: str) -> int | None:
        """None for a group that the caller is not in."""
        group = self._groups.get(group_id)
        return None if group is None else group.last

    def newest(self, group_id: str) -> int:
        return self._groups[group_id].newest

    def release(self, group_id: str) -> Sequenced | None:
        """The next message, where it is one that waits; it counts as applied."""
        group = self._groups.get(group_id)
        while group and group.held and group.held[0].seq <= group.last + 1:
            event = group.held.popleft()
            if self.apply(event):
                return event
        return None

    def apply(self, event: Sequenced) -> bool:
        """Whether a recovered message is new; IMProtocolError for one that would leave a gap.

        False also for a group that has been left meanwhile.
        """
        group = self._groups.get(event.group_id)
        if group is None or event.seq <= group.last:
            return False
        if event.seq > group.last + 1:
            raise IMProtocolError(f"{event.group_id}: seq {event.seq} follows {group.last}")
        group.last = event.seq
        group.newest = max(group.newest, event.seq)
        return True

    def settle(self, group_id: str, head: int) -> PositionLost | None:
        """To be called when everything up to `head`, the group's last seq, has been applied. Where
        more than that had been applied, the server has lost it, and the group starts anew.
        """
        group = self._groups.get(group_id)
        if group is None:
            return None
        if head >= group.last:
            group.newest = max(group.newest, group.last)
            return None
        group.last = 0 if self._start == "beginning" else head
        group.newest = max([head, *(event.seq for event in group.held)])
        return PositionLost(group_id, head, group.last + 1)

    def forget(self, group_id: str) -> None:
        """The caller is no longer in the group."""
        group = self._groups.pop(group_id, None)
        if group is not None:
            self._left[group_id] = group.last
