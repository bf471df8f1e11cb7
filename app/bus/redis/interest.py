"""Which channels this process hears."""

import time
from collections.abc import Iterable

from app.bus.base import Listener
from app.bus.redis.names import Names

LINGER_S = 10.0
"""A channel that nobody here needs any more is still heard for so long."""


class Interest:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._asked_at: dict[str, float] = {}

    def add(self, users: Iterable[str], groups: Iterable[str]) -> list[str]:
        """The channels' names."""
        channels = [*map(self._names.user, users), *map(self._names.group, groups)]
        self._asked_at.update(dict.fromkeys(channels, time.monotonic()))
        return channels

    def channels(self) -> list[str]:
        return list(self._asked_at)

    def drop_unused(self, listener: Listener) -> list[str]:
        """The names of those that nobody here needs any more."""
        old = time.monotonic() - LINGER_S
        unused = [
            channel
            for channel, asked_at in self._asked_at.items()
            if asked_at < old and not self._is_heard(channel, listener)
        ]
        for channel in unused:
            del self._asked_at[channel]
        return unused

    def _is_heard(self, channel: str, listener: Listener) -> bool:
        of_group, subject = self._names.subject(channel)
        return listener.hears_group(subject) if of_group else listener.hears_user(subject)
