"""What a client that was away knows of its group, and whether its return made it whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class View:
    """Knows the group up to `position`. `faults` says in which way it was told wrong."""

    position: int
    faults: list[str] = field(default_factory=list)
    recovered: bool = False
    _early: list[int] = field(default_factory=list)
    """What came live before the result; the result may have it too."""

    def live(self, seq: int) -> None:
        if not self.recovered:
            if self._early and seq != self._early[-1] + 1:
                self._fault(seq, self._early[-1] + 1)
            self._early.append(seq)
        else:
            self._apply(seq)

    def result(self, seqs: Sequence[int], last_seq: int) -> None:
        """`seqs` as the result has them."""
        for seq in seqs:
            self._apply(seq)
        if self.position != last_seq:
            self.faults.append(f"the result ends at {self.position}, its last_seq is {last_seq}")
        self.recovered = True
        for seq in self._early:
            if seq > self.position:
                self._apply(seq)

    def refused(self) -> None:
        self.faults.append("nothing was recovered")

    def whole_at(self, head: int) -> list[str]:
        """What is wrong, where the group is known to end at `head`."""
        if not self.recovered:
            return [*self.faults, "no result came"]
        if self.position != head:
            return [*self.faults, f"it knows {self.position} messages of {head}"]
        return self.faults

    def _apply(self, seq: int) -> None:
        if seq != self.position + 1:
            self._fault(seq, self.position + 1)
        self.position = max(self.position, seq)

    def _fault(self, seq: int, due: int) -> None:
        kind = "lost" if seq > due else "doubled"
        self.faults.append(f"message {seq} came where {due} was due: {kind}, or out of order")
