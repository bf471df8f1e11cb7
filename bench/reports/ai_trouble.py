from collections.abc import Callable, Iterator
from dataclasses import asdict

from bench.command import Figures
from bench.compare.document import MET
from bench.compare.results import Results
from bench.compare.targets import Target
from bench.measures.ai_trouble import DEAD, FAILING, HANGING, HEALTHY, LEFT_OUT, Outcome, Plan
from bench.report import shown_latency
from bench.reports import rooms as rooms_report

LOAD = "AI"
MOST = 1.5
KINDS = {"acknowledgement": "acknowledgement_ms", "last delivery": "last_delivery_ms"}
PARTS = ("p50", "p99")


def one_turn(outcome: Outcome, plan: Plan, database: str) -> Figures:
    faults = outcome.faults
    return rooms_report.figures(outcome.seen, plan.rooms, database) | {
        "asked": len(outcome.records),
        "attempts": sum(record.attempts for record in outcome.records),
        "verified": not faults,
        "faults": faults,
    }


def figures(results: Results, plan: Plan) -> Figures:
    rounds = results.rounds[LOAD]
    turns = [turn for found in rounds.values() for turn in found]
    return {
        "plan": asdict(plan),
        "database": turns[0]["database"],
        "cases": {case: _case(results, case) for case in rounds},
        "targets": [target.told(results) for target in TARGETS],
        "rounds": rounds,
        "generator_busy": max(turn["generator_busy"] for turn in turns),
        "verified": not results.faults,
        "faults": results.faults,
    }


def title(found: Figures) -> str:
    load = found["plan"]["rooms"]
    patients, members = found["plan"]["patients"], load["members"]
    group = f"{load['groups']} groups of {members}, {patients} of them patients"
    who = f"{group}, {load['rate']:g} messages/s each"
    turns = f"{found['plan']['rounds']} rounds of {load['seconds']:g} s"
    return f"{who}, {load['size']} characters, {found['database']}, {turns}"


def rows(found: Figures) -> dict[str, str]:
    return {
        **dict(row for case, told in found["cases"].items() for row in _rows_of(case, told)),
        **{
            f"{t['what']}, {t['target']}": f"{t['figure']}, met: {MET[t['met']].strip('*')}"
            for t in found["targets"]
        },
        "checked": "; ".join(found["faults"])
        or "every member saw each message and each reply once, in order; nothing lost or doubled",
    }


def _case(results: Results, case: str) -> Figures:
    """Medians over the rounds."""
    times = {
        key: {part: results.median(LOAD, case, key, part) for part in PARTS}
        for key in KINDS.values()
    }
    counts = {key: results.median(LOAD, case, key) for key in COUNTS}
    ratios = {
        f"p99_to_{base.replace(' ', '_')}": {
            key: _p99_ratio(case, base, key)(results) for key in KINDS.values()
        }
        for base in (LEFT_OUT, HEALTHY)
    }
    cpu = {who: results.median(LOAD, case, "cpu_us_per_message", who) for who in CPU_PARTS}
    return {**times, **counts, **ratios, "cpu_us_per_message": cpu}


def _rows_of(case: str, told: Figures) -> Iterator[tuple[str, str]]:
    for name, key in KINDS.items():
        ratios = ", ".join(
            f"{_shown_ratio(told[f'p99_to_{base}'][key])} × {shown}"
            for base, shown in BASES.items()
        )
        yield f"{case}, {name}", f"{shown_latency(told[key])} ({ratios})"
    cpu = ", ".join(f"{who} {us:.0f} µs" for who, us in told["cpu_us_per_message"].items() if us)
    counts = ", ".join(f"{told[key]:,.0f} {shown}" for key, shown in COUNTS.items())
    yield f"{case}, CPU per message", f"{cpu} ({counts})"


def _p99_ratio(case: str, base: str, key: str) -> Callable[[Results], float | None]:
    def ratio(results: Results) -> float | None:
        ours, theirs = (results.median(LOAD, who, key, "p99") for who in (case, base))
        return ours / theirs if ours is not None and theirs else None

    return ratio


def _shown_ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


BASES = {"left_out": LEFT_OUT, "healthy": HEALTHY}
COUNTS = {
    "acknowledged": "messages",
    "asked": "for the AI",
    "attempts": "attempts to answer",
    "replies": "replies",
}
CPU_PARTS = ("server", "database")
TARGETS = tuple(
    Target(
        f"AI {case}: {name}, p99", _p99_ratio(case, LEFT_OUT, key), MOST, f" × {LEFT_OUT}",
        at_most=True,
    )
    for case in (HANGING, DEAD, FAILING)
    for name, key in KINDS.items()
)  # fmt: skip
