from collections.abc import Iterable
from dataclasses import asdict
from statistics import fmean

from bench.command import Figures
from bench.measures.ai import Outcome, Plan, Run
from bench.report import latency_ms, shown_latency
from bench.reports.costs import cost_figures
from bench.usage import BUSY_SHARE


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    run, faults = outcome.run, outcome.faults
    count = len(run.counted)
    own = {r.user_message_id: r.seconds for r in outcome.records}
    known = [(r, own[r.user_message_id]) for r in run.counted if r.user_message_id in own]
    speaking = _speaking(outcome.direct)
    costs = cost_figures(run.span, count)
    return {
        "plan": asdict(plan),
        "database": database,
        "direct": _times(outcome.direct),
        **_times(run),
        "recorded_ms": latency_ms(seconds for _, seconds in known),
        "added_ms": latency_ms(r.total - seconds for r, seconds in known),
        "added_to_first_delta_ms": latency_ms(
            r.to_first_delta - (seconds - speaking)
            for r, seconds in known
            if r.to_first_delta is not None
        ),
        **costs,
        "cpu_ms_per_reply": {
            name: round(each / 1000, 3) for name, each in costs["cpu_us_per_message"].items()
        },
        "ai_service_busy": round(run.span.passed / 1000 / run.span.seconds, 2),
        "answered": run.tally.acknowledged,
        "answered_in_deltas": sum(r.first_delta_at is not None for r in run.replies),
        "stored": outcome.stored,
        "records": len(outcome.records),
        "asked_again": sum(r.attempts > 1 for r in outcome.records),
        "unanswered": run.tally.in_flight,
        "unexpected": run.tally.unexpected,
        "errors": dict(run.tally.errors),
        "verified": not faults,
        "faults": faults,
    }


def title(found: Figures) -> str:
    plan, ai = found["plan"], found["plan"]["ai"]
    way = f"streamed at {ai['tokens_per_second']:g} tokens/s" if ai["stream"] else "plain replies"
    slow = f"an AI that takes {ai['latency'] * 1000:g} ms ± {ai['jitter']:.0%}, {way}"
    where = f"{plan['size']} characters, {found['database']}, {found['measured_seconds']:g} s"
    return f"{plan['users']} patients ask {slow}, {where}"


def rows(found: Figures) -> dict[str, str]:
    direct = found["direct"]
    shown = {
        "AI alone": f"{direct['replies_per_second']:,.1f} replies/s",
        "AI alone, total": shown_latency(direct["total_ms"]),
        "replies": f"{found['replies_per_second']:,.1f}/s",
        "total": shown_latency(found["total_ms"]),
        "of it the AI, as recorded": shown_latency(found["recorded_ms"]),
        "added by the service": shown_latency(found["added_ms"]),
    }
    if found["plan"]["ai"]["stream"]:
        shown |= {
            "AI alone, first delta": shown_latency(direct["first_delta_ms"]),
            "first delta": shown_latency(found["first_delta_ms"]),
            "added to the first delta": shown_latency(found["added_to_first_delta_ms"]),
        }
    return shown | {
        "CPU per reply": _shown_cpu(found["cpu_ms_per_reply"]),
        "CPU of the AI service": _shown_busy(found["ai_service_busy"]),
        "errors": ", ".join(f"{k}: {n}" for k, n in found["errors"].items()) or "none",
        "checked": _checked(found),
    }


def _times(run: Run) -> Figures:
    return {
        "replies_per_second": round(len(run.counted) / run.span.seconds, 1),
        "total_ms": latency_ms(r.total for r in run.counted),
        "first_delta_ms": latency_ms(_known(r.to_first_delta for r in run.counted)),
    }


def _speaking(direct: Run) -> float:
    """Seconds from a streamed reply's first delta to its end, at the source."""
    times = [r.received_at - r.first_delta_at for r in direct.counted if r.first_delta_at]
    return fmean(times) if times else 0.0


def _known(times: Iterable[float | None]) -> list[float]:
    return [time for time in times if time is not None]


def _shown_cpu(each: dict[str, float]) -> str:
    return ", ".join(f"{name} {ms} ms" for name, ms in each.items())


def _shown_busy(busy: float) -> str:
    warning = ": it may be the bottleneck, not the server" if busy > BUSY_SHARE else ""
    return f"{busy:.0%} of a core{warning}"


def _checked(found: Figures) -> str:
    counts = (
        f"{found['answered']:,} answered ({found['answered_in_deltas']:,} in deltas), "
        f"{found['stored']:,} stored, {found['records']:,} records"
    )
    if found["verified"]:
        return f"{counts}: every message answered once, nothing lost, nothing doubled"
    return f"{counts}: {'; '.join(found['faults'])}"
