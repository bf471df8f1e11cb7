"""What settings of different groups must agree on."""

from collections.abc import Iterator

from app.config.settings import Settings


def contradictions(settings: Settings) -> list[str]:
    """One line for each, which says what to do."""
    return [*_of_several_processes(settings), *_of_celery(settings)]


def _of_several_processes(settings: Settings) -> Iterator[str]:
    if settings.server.workers == 1:
        return
    if settings.database.is_sqlite:
        yield "WORKERS: SQLite serves one process; set DATABASE_URL to PostgreSQL or MySQL, or WORKERS=1"  # noqa: E501 - one line for the operator
    elif settings.redis.redis_url is None:
        yield "WORKERS: several processes tell each other of messages over Redis; set REDIS_URL, or WORKERS=1"  # noqa: E501 - one line for the operator


def _of_celery(settings: Settings) -> Iterator[str]:
    if settings.ai.ai_dispatch != "celery":
        return
    if settings.ai.ai_service_url is None:
        yield "AI_DISPATCH: celery is set without AI_SERVICE_URL; set both or neither"
    if settings.database.is_sqlite:
        yield "AI_DISPATCH: SQLite serves one process, so no worker beside it; set DATABASE_URL to PostgreSQL or MySQL, or AI_DISPATCH=local"  # noqa: E501 - one line for the operator
    if settings.redis.redis_url is None:
        yield "AI_DISPATCH: workers tell the service of replies over Redis; set REDIS_URL, or AI_DISPATCH=local"  # noqa: E501 - one line for the operator
