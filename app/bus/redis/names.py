"""Channels: one for each group, one for each user, and one that every process hears."""

from app.bus.frames import ConnectionFrame, Frame, GroupFrame, StreamCall, UserFrame


class Names:
    """All begin with a prefix, since Redis' channels are those of all its databases."""

    def __init__(self, prefix: str) -> None:
        self.all = f"{prefix}:all"
        self._group = f"{prefix}:g:"
        self._user = f"{prefix}:u:"

    def group(self, group_id: str) -> str:
        return self._group + group_id

    def user(self, user_id: str) -> str:
        return self._user + user_id

    def of(self, frame: Frame) -> tuple[str, ...]:
        """Where the frame goes."""
        if isinstance(frame, StreamCall):
            return (self.all,)
        if isinstance(frame, GroupFrame | ConnectionFrame):
            return (self._group + frame.group_id,)
        if isinstance(frame, UserFrame):
            return (self._user + frame.user_id,)
        return (self._group + frame.group_id, self._user + frame.user_id)

    def subject(self, name: str) -> tuple[bool, str]:
        """Whether the channel is a group's, and whose it is."""
        if name.startswith(self._group):
            return True, name[len(self._group) :]
        return False, name[len(self._user) :]
