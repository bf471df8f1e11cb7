"""How far each member of a group is, and when a message had reached them all."""

from array import array


class Room:
    """`counts` has, per member, how many of the group's messages it has seen, all in their order;
    `whole` the moments at which the first, the second, … had reached the last member."""

    def __init__(self, members: int) -> None:
        self.counts = [0] * members
        self.sent: dict[int, float] = {}
        """By place in the order, counted from 1."""
        self.whole = array("d")
        self._floor = 0
        self._on_floor = members

    @property
    def deliveries(self) -> int:
        return sum(self.counts)

    def advance(self, member: int, count: int, now: float) -> None:
        """Costs the same whatever the number of members: they are looked through only once
        the last of them has left the floor."""
        before = self.counts[member]
        self.counts[member] = count
        if before > self._floor or count == before:
            return
        self._on_floor -= 1
        if self._on_floor:
            return
        floor = min(self.counts)
        self.whole.extend([now] * (floor - self._floor))
        self._floor, self._on_floor = floor, self.counts.count(floor)

    def latencies(self, start: float, end: float) -> list[float]:
        """From sending until the last member had it, of what was sent in that time."""
        return [
            whole - self.sent[seq]
            for seq, whole in enumerate(self.whole, 1)
            if start <= self.sent.get(seq, -1.0) < end
        ]

    def complete(self, stored: int) -> bool:
        """Every member has seen every stored message."""
        return all(count == stored for count in self.counts)
