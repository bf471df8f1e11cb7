from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import msgspec

from app.bus.frames import Frame

Receiver = Callable[[Frame], int]
"""Gives the number of connections it queued the frame for."""


class Peer(msgspec.Struct, frozen=True):
    """`epoch` is the database's identity, `keys` stands for the keys that tokens are checked with.
    Processes on one bus agree on both."""

    instance: str
    epoch: str
    keys: str
    version: str


class Listener(Protocol):
    """The hub, as the bus sees it."""

    def receive(self, frame: Frame) -> int: ...
    def hears_group(self, group_id: str) -> bool: ...
    def hears_user(self, user_id: str) -> bool: ...
    def resync_soon(self) -> None:
        """Frames may have been lost: what is here is to be compared with the database."""


class BusRefused(Exception):
    """The bus, or the others on it, will not have this process; one line says what to do."""


class Bus(Protocol):
    """May lose frames, and may bring them late or twice; whoever receives repairs that by `seq`
    and `member_changes`."""

    @property
    def may_lose(self) -> bool:
        """False where all frames come, in the order of commits, since there is one process."""

    @property
    def up(self) -> bool:
        """Other processes are heard. Where they are not, this one goes on by itself."""

    @property
    def state(self) -> str:
        """For `/ready`."""

    async def start(self, own: Peer) -> None:
        """Raises BusRefused. A bus that cannot be reached is waited for in the background."""

    async def stop(self) -> None:
        """What has been published is still sent."""

    def publish(self, frame: Frame) -> int:
        """Never waits. The number of connections of this process that it was queued for."""

    def subscribe(self, receiver: Receiver) -> None: ...
    def attach(self, listener: Listener) -> None: ...
    def watch(
        self, *, users: Iterable[str] = (), groups: Iterable[str] = ()
    ) -> Awaitable[None] | None:
        """Frames for these come from other processes, too, once this is done: None where it is.
        Does not wait for a bus that is down, which ends in `Listener.resync_soon`."""
