from collections.abc import Iterable
from dataclasses import asdict

from bench.command import Figures
from bench.load import Span
from bench.measures.ai import Outcome, Plan, Run
from bench.report import latency_ms, shown_latency
from bench.reports.costs import cost_figures
from bench.usage import BUSY_SHARE


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    run, faults = outcome.run, outcome.faults
    count, timed = len(run.counted), outcome.timed
    deltas = sum(reply.deltas for reply in run.counted)
    costs = cost_figures(run.span, count)
    return {
        "plan": asdict(plan),
        "database": database,
        "direct": _times(outcome.direct),
        **_times(run),
        "own_ms": latency_ms(own.total for _, _, own in timed),
        "recorded_ms": latency_ms(record.seconds for _, record, _ in timed),
        "added_ms": latency_ms(reply.total - own.total for reply, _, own in timed),
        "added_to_first_delta_ms": latency_ms(
            reply.to_first_delta - own.to_first
            for reply, _, own in timed
            if reply.to_first_delta is not None
        ),
        **costs,
        "cpu_ms_per_reply": _cpu_ms(run.span, count),
        "deltas_per_second": round(deltas / run.span.seconds, 1),
        "cpu_ms_per_thousand_deltas": _cpu_ms(run.span, deltas / 1000),
        "ai_service_busy": round(run.span.passed / 1000 / run.span.seconds, 2),
        "answered": run.tally.acknowledged,
        "answered_in_deltas": sum(r.first_delta_at is not None for r in run.replies),
        "stored": outcome.stored,
        "records": len(outcome.records),
        "own_time_unknown": count - len(timed),
        "asked_again": sum(r.attempts > 1 for r in outcome.records),
        "unanswered": run.tally.in_flight,
        "unexpected": run.tally.unexpected,
        "errors": dict(run.tally.errors),
        "verified": not faults,
        "faults": faults,
    }


def beside(found: Figures, local: Figures) -> Figures:
    """Figures of replies that a worker made, with those of replies that the server made itself."""
    faults = [*local["faults"], *found["faults"]]
    more = {
        name: round(found["added_ms"][name] - local["added_ms"][name], 2)
        for name in ("p50", "p99")
        if None not in (found["added_ms"][name], local["added_ms"][name])
    }
    return found | {
        "local": local, "added_by_celery_ms": more, "verified": not faults, "faults": faults,
    }  # fmt: skip


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
        "of it the AI's own": shown_latency(found["own_ms"]),
        "the AI, as the server recorded it": shown_latency(found["recorded_ms"]),
        "added by the service": shown_latency(found["added_ms"]),
    }
    if found["plan"]["ai"]["stream"]:
        shown |= {
            "AI alone, first delta": shown_latency(direct["first_delta_ms"]),
            "first delta": shown_latency(found["first_delta_ms"]),
            "added to the first delta": shown_latency(found["added_to_first_delta_ms"]),
            "deltas": f"{found['deltas_per_second']:,.1f} frames/s",
            "CPU per thousand deltas": _shown_cpu(found["cpu_ms_per_thousand_deltas"]),
        }
    if "local" in found:
        more = found["added_by_celery_ms"]
        shown |= {
            "added without a worker": shown_latency(found["local"]["added_ms"]),
            "more, since a worker makes them": ", ".join(f"{k} {ms} ms" for k, ms in more.items()),
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


def _known(times: Iterable[float | None]) -> list[float]:
    return [time for time in times if time is not None]


def _cpu_ms(span: Span, count: float) -> dict[str, float]:
    """All CPU time of the measured time, for each of so many."""
    return {
        name: round(seconds / count * 1000, 3)
        for name, seconds in asdict(span.usage).items()
        if seconds is not None and count
    }


def _shown_cpu(each: dict[str, float]) -> str:
    return ", ".join(f"{name} {ms} ms" for name, ms in each.items()) or "-"


def _shown_busy(busy: float) -> str:
    warning = ": it may be the bottleneck, not the server" if busy > BUSY_SHARE else ""
    return f"{busy:.0%} of a core{warning}"


def _checked(found: Figures) -> str:
    counts = (
        f"{found['answered']:,} answered ({found['answered_in_deltas']:,} in deltas), "
        f"{found['stored']:,} stored, {found['records']:,} records"
    )
    if found["own_time_unknown"]:
        counts += f", {found['own_time_unknown']:,} of which the AI service knows no time any more"
    if found["verified"]:
        return f"{counts}: every message answered once, nothing lost, nothing doubled"
    return f"{counts}: {'; '.join(found['faults'])}"
