from im_client.errors import IMProtocolError
from im_client.events import Connected, Sequenced


class Sequence:
    """The last seq applied in each group; decides what is new and what is missing, without I/O."""

    def __init__(self) -> None:
        self._epoch: str | None = None
        self._last: dict[str, int] = {}

    def welcome(self, connected: Connected) -> dict[str, int]:
        """Adopts the groups of a new connection; returns those behind, with the head to reach.

        The first time, and when the server's database is another one, the present heads become the
        start. A group joined while away is caught up from its beginning, since the moment of
        joining has no seq.
        """
        heads = {group_id: state.last_seq for group_id, state in connected.groups.items()}
        if connected.epoch != self._epoch:
            self._epoch, self._last = connected.epoch, heads
        self._last = {group_id: self._last.get(group_id, 0) for group_id in heads}
        return {group_id: head for group_id, head in heads.items() if self.behind(group_id, head)}

    def last(self, group_id: str) -> int:
        return self._last[group_id]

    def behind(self, group_id: str, head: int) -> bool:
        """False for a group not seen before: whatever arrives first is where it starts."""
        return self._last.get(group_id, head) < head

    def apply(self, event: Sequenced) -> bool:
        """Whether the event is new; one that would leave a gap raises IMProtocolError."""
        last = self._last.get(event.group_id, event.seq - 1)
        if event.seq <= last:
            return False
        if event.seq > last + 1:
            raise IMProtocolError(f"{event.group_id}: seq {event.seq} follows {last}")
        self._last[event.group_id] = event.seq
        return True

    def forget(self, group_id: str) -> None:
        self._last.pop(group_id, None)
