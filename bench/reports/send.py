from dataclasses import asdict
from typing import Any

from bench.command import Figures
from bench.measures.send import Outcome, Plan
from bench.report import latency_ms, shown_latency
from bench.reports.costs import cost_figures, cost_rows


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    tally, span = outcome.tally, outcome.span
    count = len(tally.latencies)
    return {
        "plan": asdict(plan),
        "database": database,
        "acknowledged_per_second": round(count / span.seconds, 1),
        "latency_ms": latency_ms(tally.latencies),
        **cost_figures(span, count),
        "acknowledged": tally.acknowledged,
        "stored": outcome.stored,
        "unanswered": tally.in_flight,
        "unexpected": tally.unexpected,
        "errors": dict(tally.errors),
        "verified": outcome.verified,
        "faults": [] if outcome.verified else ["Messages were lost or doubled."],
        "floor": None,
    }


def floor_figures(found: Figures, rows_per_second: float, connections: int) -> dict[str, Any]:
    rate = found["acknowledged_per_second"]
    return {
        "rows_per_second": round(rows_per_second, 1),
        "connections": connections,
        "ratio": round(rate / rows_per_second, 2) if rows_per_second else None,
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    way = "HTTP" if plan["http"] else f"WebSocket, window {plan['window']}"
    what = f"{plan['users']} users, {way}, {plan['size']} characters"
    return f"{what}, {found['database']}, {found['measured_seconds']:g} s"


def rows(found: Figures) -> dict[str, str]:
    shown = {
        "acknowledged": f"{found['acknowledged_per_second']:,.0f} messages/s",
        "latency": shown_latency(found["latency_ms"]),
        **cost_rows(found),
        "errors": ", ".join(f"{k}: {n}" for k, n in found["errors"].items()) or "none",
        "checked": _checked(found),
    }
    if floor := found["floor"]:
        shown["floor"] = (
            f"{floor['rows_per_second']:,.0f} rows/s, one commit each, "
            f"{floor['connections']} connections; the service does {floor['ratio']} times as much"
        )
    return shown


def _checked(found: Figures) -> str:
    counts = f"{found['acknowledged']:,} acknowledged, {found['stored']:,} stored"
    if found["verified"]:
        return f"{counts}: nothing lost, nothing doubled"
    return (
        f"{counts}, {found['unanswered']} unanswered, {found['unexpected']} acknowledged "
        "unasked: they do not agree"
    )
