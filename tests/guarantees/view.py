"""What a device holds: of each group the messages up to a position, and the members."""

from collections import Counter
from typing import Any

from tests.guarantees.history import Applied, Gap, History, Paged, Seen, Via, digest

Frame = dict[str, Any]


class GroupsView:
    """Takes messages strictly one after the other; all that is shown to it is written down."""

    def __init__(self, device: str, history: History) -> None:
        self._device = device
        self._history = history
        self.last: Counter[str] = Counter()
        self.messages: dict[str, list[str]] = {}
        """Ids, in the order in which they were applied."""
        self.members: dict[str, set[str]] = {}

    def forget_all(self) -> None:
        """The database is another one: nothing of what is here means anything there."""
        self.last.clear()
        self.messages.clear()

    def see(self, frame: Frame, via: Via, connection: int | None) -> None:
        self._history.write(
            Seen(
                at=self._history.now(),
                device=self._device,
                connection=connection,
                group_id=frame["group_id"],
                seq=frame["seq"],
                message_id=frame["message_id"],
                sender=frame["from_user_id"],
                digest=digest(frame["msg_content" if via is Via.PAGE else "content"]),
                via=via,
            )
        )

    def apply(self, frame: Frame) -> bool:
        """What is here already is passed over. False where something before it is missing."""
        group, seq = frame["group_id"], frame["seq"]
        if seq != self.last[group] + 1:
            return bool(seq <= self.last[group])
        self.last[group] = seq
        self.messages.setdefault(group, []).append(frame["message_id"])
        self._history.write(
            Applied(
                at=self._history.now(),
                device=self._device,
                group_id=group,
                seq=seq,
                message_id=frame["message_id"],
            )
        )
        return True

    def miss(self, frame: Frame) -> None:
        group = frame["group_id"]
        self._history.write(
            Gap(
                at=self._history.now(),
                device=self._device,
                group_id=group,
                last=self.last[group],
                seq=frame["seq"],
            )
        )

    def take_page(self, group: str, page: Frame, limit: int) -> None:
        """Of messages after the present position, oldest first."""
        messages: list[Frame] = page["messages"]
        self._history.write(
            Paged(
                at=self._history.now(),
                device=self._device,
                group_id=group,
                after_seq=self.last[group],
                limit=limit,
                total=page["total"],
                seqs=[message["seq"] for message in messages],
            )
        )
        for message in messages:
            self.see(message, Via.PAGE, None)
            if not self.apply(message):
                self.miss(message)

    def change_member(self, group: str, user: str, *, joined: bool) -> None:
        members = self.members.setdefault(group, set())
        (members.add if joined else members.discard)(user)
