"""The runs of `im bench ai`: replies made by the server itself, or by a worker beside it."""

from bench.ai_stage import ai_service, asking_on, stage_asking, stage_with_worker
from bench.command import Figures
from bench.databases import POSTGRESQL, fresh_databases
from bench.measures.ai import Plan, ask_directly, ask_through
from bench.options import Where
from bench.reports import ai as ai_report
from bench.service import measured_on
from bench.stage import Stage


def run(plan: Plan, where: Where) -> Figures:
    """Raises BenchError."""
    with ai_service(plan.ai) as asked:
        alone = Stage(asked, None, "the AI service alone")
        direct = measured_on(alone, lambda service: ask_directly(service, plan))
        with stage_asking(
            asked.url, where.database_url, stream=plan.ai.stream, at_once=plan.users
        ) as on:
            outcome = measured_on(on, lambda service: ask_through(service, asked, plan, direct))
            return ai_report.figures(outcome, plan, on.shown)


def run_both(plan: Plan, where: Where) -> Figures:
    """The second way's figures, beside which stands what the first one adds. Raises BenchError."""
    plain, at_once = {"AI_CONCURRENCY": str(plan.users)}, plan.users
    stream = plan.ai.stream
    with (
        ai_service(plan.ai) as asked,
        fresh_databases(where.database_url or POSTGRESQL) as fresh,
    ):
        alone = Stage(asked, None, "the AI service alone")
        direct = measured_on(alone, lambda service: ask_directly(service, plan))

        def measured(on: Stage) -> Figures:
            outcome = measured_on(on, lambda service: ask_through(service, asked, plan, direct))
            return ai_report.figures(outcome, plan, on.shown)

        with (
            fresh() as database,
            asking_on(database, asked.url, stream=stream, defaults=plain) as on,
        ):
            local = measured(on)
        with (
            fresh() as database,
            stage_with_worker(asked.url, database, stream=stream, at_once=at_once) as on,
        ):
            return ai_report.beside(measured(on), local)
