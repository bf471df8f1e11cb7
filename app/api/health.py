import asyncio
from typing import Literal

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import __version__
from app.bootstrap import Container
from app.db.replica import Replica
from app.dependencies import ContainerDep
from app.errors import AppError, DatabaseUnavailable
from app.models.database_identity import DatabaseIdentity
from app.schemas.common import Answer, example
from app.services.ai.layer import AILayer

router = APIRouter(tags=["operations"])
NOT_READY = 503


class HealthResponse(Answer):
    model_config = example(status="ok", version=__version__)

    status: Literal["ok"] = "ok"
    version: str = __version__


class PartState(Answer):
    model_config = example(ok=True, state="postgresql")

    ok: bool
    state: str


class ReadyResponse(Answer):
    status: Literal["ready", "not_ready"]
    database: PartState
    bus: PartState
    ai: PartState
    replica: PartState | None = None
    """Where there is one. Reads pass it over while it is not fresh."""


@router.get("/health")
async def health() -> HealthResponse:
    """The process lives."""
    return HealthResponse()


@router.get(
    "/ready",
    response_model_exclude_none=True,
    responses={NOT_READY: {"model": ReadyResponse, "description": "Not ready"}},
)
async def ready(container: ContainerDep, response: Response) -> ReadyResponse:
    """Whether it can do its work. Neither the AI layer nor the bus makes it unready: without them
    messages are stored, and told to whoever is connected here."""
    database = await _database(container)
    if not database.ok:
        response.status_code = NOT_READY
    layer = container.ai_layer
    return ReadyResponse(
        status="ready" if database.ok else "not_ready",
        database=database,
        bus=PartState(ok=container.bus.up, state=container.bus.state),
        ai=PartState(ok=True, state=_ai(layer) if layer else "off"),
        replica=_replica(container.replica),
    )


def _replica(replica: Replica | None) -> PartState | None:
    return None if replica is None else PartState(ok=replica.usable, state=replica.state)


def _ai(layer: AILayer) -> str:
    circuits = ", ".join(f"{name} {state}" for name, state in layer.caller.states.items())
    return f"on, {layer.dispatcher.state}, circuits: {circuits}"


async def _database(container: Container) -> PartState:
    """Reads a row, since some databases answer a mere `SELECT 1` without looking at their data."""
    row = select(DatabaseIdentity.epoch)
    try:
        async with asyncio.timeout(container.settings.database.database_timeout):
            await container.door.read(lambda db: db.scalars(row).one())
    except (AppError, DBAPIError, TimeoutError):
        return PartState(ok=False, state=DatabaseUnavailable().message)
    return PartState(ok=True, state=container.database.engine.dialect.name)
