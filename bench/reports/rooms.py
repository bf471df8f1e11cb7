from dataclasses import asdict

from bench.command import Figures
from bench.measures.rooms import Outcome, Plan
from bench.report import latency_ms, shown_latency
from bench.reports.costs import cost_figures, cost_rows


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    tally, span = outcome.tally, outcome.span
    messages = len(tally.latencies)
    arrivals = [t for room in outcome.rooms for t in room.latencies(span.start, span.end)]
    faults = outcome.faults
    return {
        "plan": asdict(plan),
        "database": database,
        "messages_per_second": round(messages / span.seconds, 1),
        "deliveries_per_second": round(span.passed / span.seconds, 1),
        "last_delivery_ms": latency_ms(arrivals),
        "acknowledgement_ms": latency_ms(tally.latencies),
        "generator_late_ms": latency_ms(outcome.late),
        **cost_figures(span, messages),
        "acknowledged": tally.acknowledged,
        "stored": sum(outcome.stored),
        "replies": outcome.replies,
        "deliveries": sum(room.deliveries for room in outcome.rooms),
        "unanswered": tally.in_flight,
        "errors": dict(tally.errors),
        "verified": not faults,
        "faults": faults,
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    groups = "one group" if plan["groups"] == 1 else f"{plan['groups']} groups"
    pace = f"{plan['rate']:g} messages/s each" if plan["rate"] else f"window {plan['window']}"
    what = f"{groups} of {plan['members']} members, {plan['senders']} of them sending, {pace}"
    where = f"{plan['size']} characters, {found['database']}, {found['measured_seconds']:g} s"
    return f"{what}, {where}"


def rows(found: Figures) -> dict[str, str]:
    shown = {
        "messages": f"{found['messages_per_second']:,.0f}/s",
        "deliveries": f"{found['deliveries_per_second']:,.0f}/s",
        "to the last member": shown_latency(found["last_delivery_ms"]),
        "to the acknowledgement": shown_latency(found["acknowledgement_ms"]),
        **cost_rows(found),
        "errors": ", ".join(f"{k}: {n}" for k, n in found["errors"].items()) or "none",
        "checked": _checked(found),
    }
    if found["plan"]["rate"]:
        shown["generator late by"] = shown_latency(found["generator_late_ms"])
    return shown


def _checked(found: Figures) -> str:
    counts = f"{found['deliveries']:,} deliveries of {found['stored']:,} stored messages"
    if found["verified"]:
        return f"{counts}: every member saw each once, in order"
    return f"{counts}: {'; '.join(found['faults'])}"
