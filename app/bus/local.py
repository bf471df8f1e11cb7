from collections.abc import Iterable

from app.bus.base import Listener, Peer, Receiver
from app.bus.frames import Frame


class LocalBus:
    """One process: who publishes is also who receives."""

    may_lose = False
    up = True
    state = "local"

    def __init__(self) -> None:
        self._receivers: list[Receiver] = []

    async def start(self, own: Peer) -> None:
        pass

    async def stop(self) -> None:
        pass

    def publish(self, frame: Frame) -> int:
        return sum(receiver(frame) for receiver in self._receivers)

    def subscribe(self, receiver: Receiver) -> None:
        self._receivers.append(receiver)

    def attach(self, listener: Listener) -> None:
        self.subscribe(listener.receive)

    def watch(self, *, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        pass
