from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from bench.clients.split_room import SplitRoom
from bench.command import Figures
from bench.measures.rooms import Outcome, Plan
from bench.report import percentile

TARGET_RATIO, TARGET_LATER_MS = 1.25, 3.0


@dataclass(frozen=True, slots=True)
class Turn:
    """CPU in µs for each delivery; delays in milliseconds, to members at the sender's instance and
    at others. None where nobody can tell."""

    instances: int
    members: int
    messages_per_second: float
    deliveries_per_second: float
    server: float | None
    redis: float | None
    database: float | None
    here_ms: float
    across_ms: float | None
    generator_busy: float
    faults: tuple[str, ...]


def turn(outcome: Outcome, plan: Plan, instances: int) -> Turn:
    span, spent = outcome.span, outcome.span.usage

    def each(seconds: float | None) -> float | None:
        return None if seconds is None or not span.passed else seconds / span.passed * 1e6

    messages = len(outcome.tally.latencies) / span.seconds
    return Turn(
        instances, plan.members, round(messages, 1), round(span.passed / span.seconds, 1),
        each(spent.server), each(spent.redis), each(spent.database),
        _p50(outcome, across=False) or 0.0, _p50(outcome, across=True),
        span.generator_busy, tuple(outcome.faults),
    )  # fmt: skip


def figures(turns: Sequence[Turn], plan: Plan, instances: int, database: str) -> Figures:
    faults = [fault for one in turns for fault in one.faults]
    return {
        "plan": asdict(plan),
        "instances": instances,
        "database": database,
        "groups": [
            _of_size([one for one in turns if one.members == members])
            for members in dict.fromkeys(one.members for one in turns)
        ],
        "turns": [asdict(one) for one in turns],
        "measured_seconds": plan.seconds,
        "generator_busy": max(one.generator_busy for one in turns),
        "verified": not faults,
        "faults": faults,
    }


def _of_size(turns: Sequence[Turn]) -> Figures:
    alone = [one for one in turns if one.instances == 1]
    several = [one for one in turns if one.instances > 1]
    found = {"alone": _medians(alone), "several": _medians(several)}
    cost, base = found["several"]["server"], found["alone"]["server"]
    later = [one.across_ms - one.here_ms for one in several if one.across_ms is not None]
    return {
        "members": turns[0].members,
        **found,
        "cpu_ratio": round(cost / base, 2) if cost and base else None,
        "later_ms": round(median(later), 2) if later else None,
    }


def _medians(turns: Sequence[Turn]) -> dict[str, float | None]:
    return {
        name: _median(getattr(one, name) for one in turns)
        for name in (
            "messages_per_second", "deliveries_per_second", "server", "redis", "database",
            "here_ms", "across_ms",
        )
    }  # fmt: skip


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 2) if known else None


def _p50(outcome: Outcome, *, across: bool) -> float | None:
    span = outcome.span
    found = sorted(
        delay
        for room in outcome.rooms
        if isinstance(room, SplitRoom)
        for delay in room.delays(span.start, span.end, across=across)
    )
    return percentile(found, 0.5) * 1000 if found else None


def title(found: Figures) -> str:
    plan = found["plan"]
    pace = f"{plan['rate']:g} messages/s each" if plan["rate"] else f"window {plan['window']}"
    who = f"{found['instances']} instances on Redis beside one alone"
    return f"{who}, {plan['groups']} groups, {pace}, {plan['size']} characters, {found['database']}"


def rows(found: Figures) -> dict[str, str]:
    shown: dict[str, str] = {}
    for one in found["groups"]:
        name = f"groups of {one['members']}"
        shown |= {
            f"{name}, alone": _shown(one["alone"]),
            f"{name}, several": _shown(one["several"]),
            f"{name}, CPU of the servers": (
                f"{one['cpu_ratio']} times that of one alone (target {TARGET_RATIO})"
            ),
            f"{name}, to another instance": (
                f"p50 {one['later_ms']} ms later (target {TARGET_LATER_MS:g})"
            ),
        }
    told = "; ".join(found["faults"]) or "every member saw each message once, in order"
    return shown | {"checked": told}


def _shown(one: dict[str, float | None]) -> str:
    cpu = ", ".join(
        f"{name} {one[name]} µs" for name in ("server", "redis", "database") if one[name]
    )
    delays = f"p50 {one['here_ms']} ms here, {one['across_ms'] or '-'} ms across"
    return f"{one['deliveries_per_second']:,} deliveries/s; each {cpu}; {delays}"
