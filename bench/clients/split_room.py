"""A group whose members are connected to several instances, and who had what when."""

from array import array

from bench.clients.transcript import Transcript


class SplitRoom(Transcript):
    """Only member 0 sends. Member n is at instance (n + turn) of `instances`, counted round."""

    def __init__(self, members: int, instances: int, turn: int) -> None:
        super().__init__(members)
        self.instances = instances
        self._turn = turn
        self._arrived = [array("d") for _ in range(members)]

    def instance_of(self, member: int) -> int:
        return (member + self._turn) % self.instances

    def advance(self, member: int, count: int, now: float) -> None:
        self._arrived[member].extend([now] * (count - self.counts[member]))
        super().advance(member, count, now)

    def delays(self, start: float, end: float, *, across: bool) -> list[float]:
        """Of each delivery to those at the sender's instance, or to those at another, of what was
        sent in that time."""
        here = self.instance_of(0)
        return [
            at - self.sent[seq]
            for member, arrived in enumerate(self._arrived)
            if member and (self.instance_of(member) != here) == across
            for seq, at in enumerate(arrived, 1)
            if start <= self.sent.get(seq, -1.0) < end
        ]
