from dataclasses import asdict
from typing import Any

from bench.report import percentile
from bench.send import Outcome, Plan

BUSY_SHARE = 0.8
"""Of a core. Beyond it the generator, not the server, may be what is measured."""


def figures(
    outcome: Outcome, plan: Plan, database: str, floor: tuple[float, int] | None
) -> dict[str, Any]:
    """Plain values, for JSON and for the table."""
    tally, usage = outcome.tally, outcome.usage
    ordered = sorted(tally.latencies)
    rate = len(ordered) / outcome.seconds
    return {
        "plan": asdict(plan),
        "database": database,
        "acknowledged_per_second": round(rate, 1),
        "latency_ms": {
            name: round(percentile(ordered, share) * 1000, 2) if ordered else None
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
        },
        "cpu_seconds": asdict(usage),
        "cpu_us_per_message": {
            name: round(seconds / len(ordered) * 1e6, 1)
            for name, seconds in asdict(usage).items()
            if seconds is not None and ordered
        },
        "generator_busy": round(usage.generator / outcome.seconds, 2),
        "measured_seconds": round(outcome.seconds, 2),
        "acknowledged": tally.acknowledged,
        "stored": outcome.stored,
        "unanswered": tally.in_flight,
        "unexpected": tally.unexpected,
        "errors": dict(tally.errors),
        "verified": outcome.verified,
        "floor": floor
        and {
            "rows_per_second": round(floor[0], 1),
            "connections": floor[1],
            "ratio": round(rate / floor[0], 2) if floor[0] else None,
        },
    }


def title(found: dict[str, Any]) -> str:
    plan = found["plan"]
    way = "HTTP" if plan["http"] else f"WebSocket, window {plan['window']}"
    what = f"{plan['users']} users, {way}, {plan['size']} characters"
    return f"{what}, {found['database']}, {found['measured_seconds']:g} s"


def rows(found: dict[str, Any]) -> dict[str, str]:
    latency, cpu, each = (found[k] for k in ("latency_ms", "cpu_seconds", "cpu_us_per_message"))
    shown = {
        "acknowledged": f"{found['acknowledged_per_second']:,.0f} messages/s",
        "latency": ", ".join(f"{name} {value} ms" for name, value in latency.items()),
    }
    for name, seconds in cpu.items():
        if seconds is not None:
            shown[f"CPU of the {name}"] = f"{seconds:.2f} s, {each.get(name, '-')} µs per message"
    shown["errors"] = ", ".join(f"{k}: {n}" for k, n in found["errors"].items()) or "none"
    shown["checked"] = _checked(found)
    if floor := found["floor"]:
        shown["floor"] = (
            f"{floor['rows_per_second']:,.0f} rows/s, one commit each, "
            f"{floor['connections']} connections; the service does {floor['ratio']} times as much"
        )
    return shown


def _checked(found: dict[str, Any]) -> str:
    counts = f"{found['acknowledged']:,} acknowledged, {found['stored']:,} stored"
    if found["verified"]:
        return f"{counts}: nothing lost, nothing doubled"
    return (
        f"{counts}, {found['unanswered']} unanswered, {found['unexpected']} acknowledged "
        "unasked: they do not agree"
    )


def warnings(found: dict[str, Any]) -> list[str]:
    busy = found["generator_busy"]
    if busy <= BUSY_SHARE:
        return []
    return [f"The generator used {busy:.0%} of a core; it may be the bottleneck, not the server."]
