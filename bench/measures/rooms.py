"""Groups whose members are all connected: how many messages reach them all, and how soon. For
`im bench fanout` (closed loop) and `im bench latency` (at a rate)."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from bench.clients.pacer import Pacer
from bench.clients.room import Room
from bench.clients.tally import Tally
from bench.clients.user import Place, User
from bench.groups import Group
from bench.load import DRAIN_SECONDS, Span, all_of, connected, put_under_load
from bench.service import Seat, Service

LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """With a `rate`, each sender's messages a second, nobody waits for answers."""

    groups: int
    members: int
    senders: int
    seconds: float
    warm_up: float
    size: int
    window: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`stored` has as many values as there are `rooms`; `replies` of these messages are an AI's.
    `late` is of the generator."""

    tally: Tally
    span: Span
    rooms: list[Room]
    stored: list[int]
    late: list[float]
    replies: int = 0

    @property
    def faults(self) -> list[str]:
        """In which way what was measured was wrong."""
        stored, tally = sum(self.stored) - self.replies, self.tally
        behind = sum(
            count != total
            for room, total in zip(self.rooms, self.stored, strict=True)
            for count in room.counts
        )
        found = {
            f"{behind} members did not see all messages of their group": behind,
            f"{tally.acknowledged} messages were acknowledged, {stored} stored": (
                tally.acknowledged != stored
            ),
            f"{tally.unexpected} messages were acknowledged twice or unasked": tally.unexpected,
        }
        return [fault for fault, wrong in found.items() if wrong]


async def measure(service: Service, plan: Plan) -> Outcome:
    """Raises BenchError."""
    groups = await service.create_groups(plan.groups, plan.members)
    tally, rooms = Tally(), [service.room(plan.members) for _ in groups]
    seated = _seat(service, plan, tally, list(zip(groups, rooms, strict=True)))
    async with connected(user for _, user in seated):
        senders = [user for seat, user in seated if seat.sends]
        pacer = Pacer(senders, plan.rate, tally) if plan.rate else None
        span = await put_under_load(
            service, tally, pacer.start if pacer else all_of(senders),
            warm_up=plan.warm_up, seconds=plan.seconds,
            progress=lambda: sum(room.deliveries for room in rooms),
        )  # fmt: skip
        stored = await service.stored_in(groups)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_all_seen(rooms, stored), DRAIN_SECONDS)
    return Outcome(tally, span, rooms, stored, pacer.late if pacer else [])


def _seat(
    service: Service, plan: Plan, tally: Tally, rooms: Sequence[tuple[Group, Room]]
) -> list[tuple[Seat, User]]:
    host, port = service.target.address
    content = b"x" * plan.size
    found = []
    for group, room in rooms:
        for number, user_id in enumerate(group.members):
            seat = Seat(room, number, number < plan.senders)
            place = Place(host, port, user_id, group.group_id, content, plan.window)
            found.append((seat, service.member(place, tally, seat)))
    return found


async def _all_seen(rooms: Sequence[Room], stored: Sequence[int]) -> None:
    while not all(room.complete(total) for room, total in zip(rooms, stored, strict=True)):  # noqa: ASYNC110 - where it is counted, each microsecond counts
        await asyncio.sleep(LOOK_SECONDS)
