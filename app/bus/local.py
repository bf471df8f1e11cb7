from collections.abc import Callable
from typing import Protocol

from app.bus.frames import Frame

Receiver = Callable[[Frame], int]
"""Gives the number of connections it queued the frame for."""


class Bus(Protocol):
    """May lose frames, and may bring them late; whoever receives repairs that by `seq`."""

    def publish(self, frame: Frame) -> int: ...
    def subscribe(self, receiver: Receiver) -> None: ...


class LocalBus:
    """One process: who publishes is also who receives."""

    def __init__(self) -> None:
        self._receivers: list[Receiver] = []

    def publish(self, frame: Frame) -> int:
        return sum(receiver(frame) for receiver in self._receivers)

    def subscribe(self, receiver: Receiver) -> None:
        self._receivers.append(receiver)
