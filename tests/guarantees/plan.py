"""Everything about a run that is left to chance, drawn from its seed alone.

Nothing that happens during a run reaches these dice: the same seed gives the same people, groups,
operations and faults, in the same order, however fast the machine is.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.guarantees.line import Manner

DOCTOR = "dora"
"""In every group, talks past the proxy, and changes members."""
WORDS = ("fever", "since Monday", "38.5 °C", "咳嗽", "头痛三天", "🙂", "and a rash", "no allergies")


@dataclass(frozen=True, slots=True)
class AI:
    """An AI service that answers, in up to `slow_s` more than it needs; `faulty` is the share of
    calls that go wrong, in one of these ways."""

    slow_s: float = 0.0
    faulty: float = 0.0
    faults: tuple[str, ...] = ()
    max_attempts: int = 3


@dataclass(frozen=True, slots=True)
class Scenario:
    """`users` besides the doctor, `talkers` of whom talk; the first `doubles` of them have two
    devices each. `faults` are drawn from these, each at least once if there is time."""

    name: str
    faults: tuple[str, ...] = ()
    databases: tuple[str, ...] = ("sqlite", "postgresql", "mariadb")
    users: int = 6
    talkers: int = 6
    doubles: int = 2
    groups: int = 3
    pause_s: float = 0.03
    """On average, between two messages of one person."""
    long: bool = False
    """All messages are of nearly the greatest length."""
    churn_s: float | None = None
    """On average, between two changes of members."""
    deaf: bool = False
    picture: bool = False
    """Two instances and two workers, with all that they stand on, as `im up` has them."""
    public_client: bool = False
    """The devices are `im_client.IMClient`, of which one sees less than of the strict client."""
    fault_gap_s: float = 0.5
    ai: AI | None = None
    program: str = "app.cli"
    """The module that is run."""
    manner: Manner = field(default_factory=Manner)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One message: `first` and, where it is a twin, `second` are the ways of its first tries, at
    once; then `repeats` more, though it is acknowledged; then one with another text."""

    group: int
    content: str
    pause_s: float
    first: str
    second: str | None
    repeats: int
    conflict: bool


@dataclass(frozen=True, slots=True)
class PlannedFault:
    at: float
    name: str
    seed: str


@dataclass(frozen=True, slots=True)
class Change:
    """Who is in goes out, and comes back after `away_s`; who is not in joins."""

    pause_s: float
    group: int
    user: str
    away_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    scenario: Scenario
    seed: int
    seconds: float

    @property
    def users(self) -> list[str]:
        return [DOCTOR, *(f"user{n}" for n in range(1, self.scenario.users + 1))]

    @property
    def talkers(self) -> list[str]:
        return self.users[: self.scenario.talkers + 1]

    def devices(self, user: str) -> list[str]:
        several = 0 < self.users.index(user) <= self.scenario.doubles
        return [f"{user}/{n}" for n in range(2 if several else 1)]

    def members(self) -> list[list[str]]:
        """Of each group, the doctor apart: everybody is in the first."""
        dice, others = self.dice("members"), self.users[1:]
        some = [
            dice.sample(others, k=len(others) - len(others) // 6)
            for _ in range(self.scenario.groups - 1)
        ]
        return [others, *some]

    def faults(self) -> list[PlannedFault]:
        dice, kinds = self.dice("faults"), list(self.scenario.faults)
        if not kinds:
            return []
        dice.shuffle(kinds)
        found: list[PlannedFault] = []
        at = dice.uniform(0.1, self.scenario.fault_gap_s)
        while at < self.seconds:
            name = kinds.pop() if kinds else dice.choice(self.scenario.faults)
            found.append(PlannedFault(at, name, f"{self.seed}:fault:{len(found)}"))
            at += dice.uniform(0.2, 1.8) * self.scenario.fault_gap_s
        return found

    def operations(self, user: str) -> Iterator[Operation]:
        dice, scenario = self.dice("operations", user), self.scenario
        devices = len(self.devices(user))
        ways = [str(n) for n in range(devices)] * 3 + ["http"]
        while True:
            first = dice.choice(ways)
            twin = dice.random() < 0.15
            yield Operation(
                group=dice.randrange(scenario.groups),
                content=_text(dice, long=scenario.long),
                pause_s=dice.expovariate(1 / scenario.pause_s),
                first=first,
                second=dice.choice([way for way in [*ways, "http"] if way != first] or [first])
                if twin
                else None,
                repeats=dice.choices((0, 1, 2), (6, 3, 1))[0],
                conflict=dice.random() < 0.05,
            )

    def changes(self) -> Iterator[Change]:
        dice = self.dice("changes")
        every_s = self.scenario.churn_s
        while every_s is not None:
            yield Change(
                dice.expovariate(1 / every_s),
                dice.randrange(self.scenario.groups),
                dice.choice(self.users[1:]),
                dice.expovariate(1 / every_s),
            )

    def dice(self, *purpose: str) -> random.Random:
        return random.Random(":".join((str(self.seed), *purpose)))


def _text(dice: random.Random, *, long: bool) -> str:
    size = 4900 if long else dice.choices((40, 400, 4900), (80, 17, 3))[0]
    parts = [f"{dice.randrange(1 << 30):x}", *dice.choices(WORDS, k=max(1, size // 12))]
    return " ".join(parts)[:size]


def as_data(plan: Plan) -> Mapping[str, object]:
    """For a file that is read after a failure."""
    faults: Sequence[PlannedFault] = plan.faults()
    return {
        "scenario": plan.scenario.name,
        "seed": plan.seed,
        "seconds": plan.seconds,
        "faults": [(round(fault.at, 3), fault.name) for fault in faults],
        "members": plan.members(),
    }
