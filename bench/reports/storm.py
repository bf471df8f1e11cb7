from dataclasses import asdict

from bench.command import Figures
from bench.measures.storm import Outcome, Plan
from bench.report import latency_ms, shown_latency
from bench.reports.costs import cost_figures, cost_rows

SHOWN_FAULTS = 5


def figures(outcome: Outcome, plan: Plan, database: str) -> Figures:
    missed = plan.clients * plan.missed
    faults = outcome.faults
    return {
        "plan": asdict(plan),
        "database": database,
        "all_recovered_s": round(max(outcome.recovered), 3),
        "recovered_ms": latency_ms(outcome.recovered),
        "messages_recovered": missed,
        "transactions": outcome.transactions,
        "transactions_per_client": outcome.transactions
        and round(outcome.transactions / plan.clients, 2),
        **cost_figures(outcome.span, missed),
        "verified": not faults,
        "faults": faults[:SHOWN_FAULTS] + _more(len(faults) - SHOWN_FAULTS),
    }


def title(found: Figures) -> str:
    plan = found["plan"]
    return (
        f"{plan['clients']:,} clients in groups of {plan['group_size']} come back at once, "
        f"{plan['missed']} messages missed, {plan['size']} characters, {found['database']}"
    )


def rows(found: Figures) -> dict[str, str]:
    count = found["transactions"]
    return {
        "all recovered": f"after {found['all_recovered_s']} s",
        "each recovered": shown_latency(found["recovered_ms"]),
        "database transactions": "not known: only PostgreSQL counts them"
        if count is None
        else f"{count:,}, {found['transactions_per_client']} per client",
        **cost_rows(found),
        "checked": f"{found['messages_recovered']:,} messages recovered, and one live after: "
        + ("each once, in order" if found["verified"] else "; ".join(found["faults"])),
    }


def _more(count: int) -> list[str]:
    return [f"and {count} more"] if count > 0 else []
