"""What so many users online need, computed from measured costs and a simulation of who hears what.

It runs nothing: costs are figures of the other measurements, and everything else is assumed."""

import math
import random
from dataclasses import dataclass

SAMPLES = 4000
MOST_ROUNDS = 20
HOUR_S, DAY_S = 3600, 86_400


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU in µs. Each has its source in docs/scale.md."""

    message: float = 100.0
    delivery: float = 2.0
    bus: float = 16.0
    """Of an instance, to publish a message or to hear one."""
    redis_publish: float = 4.0
    redis_delivery: float = 2.0
    database_message: float = 35.0
    reply: float = 2000.0
    """Of a worker, beside its message."""
    database_reply: float = 2425.0
    connection_kib: float = 10.8
    stored_bytes: float = 700.0


@dataclass(frozen=True, slots=True)
class Habits:
    """`sizes` of groups with the shares of messages that go there; `online` is the share of a
    group's members who are; `spread` the share of groups whose members are at any instance, all
    others' are at one; `ai` the share of messages that the AI answers."""

    messages_an_hour: float = 20.0
    peak: float = 3.0
    sizes: tuple[tuple[int, float], ...] = ((3, 0.9), (20, 0.09), (200, 0.01))
    online: float = 0.3
    spread: float = 1.0
    ai: float = 0.3


@dataclass(frozen=True, slots=True)
class Machines:
    """`busy` is the share of a core that may be used at the peak."""

    busy: float = 0.6
    connections: int = 20_000
    """At one instance; more would return too slowly when it ends."""
    database_cores: int = 32


@dataclass(frozen=True, slots=True)
class Reach:
    """Of a message, on average: connections that get it, and other instances that hear it."""

    members: float
    others: float


@dataclass(frozen=True, slots=True)
class Need:
    """At the peak, but for `stored_gib_a_day`. The last four are units of a core, or a database
    server, that are full."""

    users: int
    messages: float
    replies: float
    deliveries: float
    bus_messages: float
    bus_deliveries: float
    connections_gib: float
    stored_gib_a_day: float
    instances: int
    redis: float
    workers: float
    databases: float

    @property
    def first(self) -> str:
        """The part of which there can be one only, unless something changes, that is fullest."""
        return "database" if self.databases >= self.redis else "Redis"


def reach(habits: Habits, instances: int) -> Reach:
    """Simulated: members are at instances by chance. The same each time."""
    chance = random.Random(1)
    sizes, shares = zip(*habits.sizes, strict=True)
    members = others = 0
    for size in chance.choices(sizes, shares, k=SAMPLES):
        online = 1 + sum(chance.random() < habits.online for _ in range(size - 1))
        members += online
        if chance.random() < habits.spread:
            others += len({chance.randrange(instances) for _ in range(online)}) - 1
    return Reach(members / SAMPLES, others / SAMPLES)


def need(users: int, habits: Habits, costs: Costs, machines: Machines) -> Need:
    instances = max(1, math.ceil(users / machines.connections))
    for _ in range(MOST_ROUNDS):
        found = _need(users, habits, costs, machines, instances)
        if found.instances <= instances:
            break
        instances = found.instances  # more of them hear more of each other
    return found


def _need(users: int, habits: Habits, costs: Costs, machines: Machines, instances: int) -> Need:
    heard = reach(habits, instances)
    sent = users * habits.messages_an_hour / HOUR_S * habits.peak
    replies = sent * habits.ai
    messages = sent + replies
    deliveries = messages * heard.members
    beats = instances**2 if instances > 1 else 0  # each hears each, once a second
    told = messages * heard.others + beats
    published = messages if instances > 1 or replies else 0.0
    api = _cores(
        messages * costs.message + deliveries * costs.delivery + (published + told) * costs.bus
    )
    return Need(
        users, messages, replies, deliveries, published, told,
        connections_gib=users * costs.connection_kib / 1024**2,
        stored_gib_a_day=messages / habits.peak * DAY_S * costs.stored_bytes / 1024**3,
        instances=max(instances, math.ceil(api / machines.busy)),
        redis=_cores(published * costs.redis_publish + told * costs.redis_delivery) / machines.busy,
        workers=_cores(replies * costs.reply) / machines.busy,
        databases=_cores(messages * costs.database_message + replies * costs.database_reply)
        / (machines.busy * machines.database_cores),
    )  # fmt: skip


def _cores(microseconds: float) -> float:
    return microseconds / 1e6
