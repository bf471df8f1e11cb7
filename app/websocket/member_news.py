"""One group's changes of members, brought into the order in which they happened."""

from app.bus.frames import MemberFrame


class MemberNews:
    """A group counts the changes of its members. So whoever hears of one knows whether it is old,
    or whether another before it has not come (yet)."""

    def __init__(self, changes: int) -> None:
        """So many are known."""
        self.changes = changes
        self.wanted = changes
        """So many there are to hear of."""
        self._early: list[MemberFrame] = []

    @property
    def missing(self) -> bool:
        return self.wanted > self.changes

    def expect(self, changes: int) -> None:
        self.wanted = max(self.wanted, changes)

    def take(self, frame: MemberFrame) -> list[MemberFrame]:
        """What is to be told of now, in order."""
        self.expect(frame.member_changes)
        self._early.append(frame)
        told = []
        while (ready := self._next()) is not None:
            self.changes = ready.member_changes
            told.append(ready)
        return told

    def _next(self) -> MemberFrame | None:
        self._early = [frame for frame in self._early if self._may_come(frame)]
        for frame in self._early:
            if frame.member_changes == self.changes + (not frame.again):
                self._early.remove(frame)
                return frame
        return None

    def _may_come(self, frame: MemberFrame) -> bool:
        return frame.member_changes >= self.changes + (not frame.again)
