from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text

from app import __version__
from app.bootstrap import Container
from app.dependencies import ContainerDep
from app.errors import AppError

router = APIRouter(tags=["operations"])
NOT_READY = 503


class HealthResponse(BaseModel):
    status: Literal["ok"] = "ok"
    version: str = __version__


class PartState(BaseModel):
    ok: bool
    state: str


class ReadyResponse(BaseModel):
    status: Literal["ready", "not_ready"]
    database: PartState
    bus: PartState
    ai: PartState


@router.get("/health")
async def health() -> HealthResponse:
    """The process lives."""
    return HealthResponse()


@router.get("/ready", responses={NOT_READY: {"model": ReadyResponse, "description": "Not ready"}})
async def ready(container: ContainerDep, response: Response) -> ReadyResponse:
    """Whether it can do its work. The AI layer is optional: off, it does not make it unready."""
    database = await _database(container)
    if not database.ok:
        response.status_code = NOT_READY
    layer = container.ai_layer
    return ReadyResponse(
        status="ready" if database.ok else "not_ready",
        database=database,
        bus=PartState(ok=True, state="local"),
        ai=PartState(ok=True, state=f"on, {layer.dispatcher.running} in work" if layer else "off"),
    )


async def _database(container: Container) -> PartState:
    try:
        await container.door.read(lambda db: db.execute(text("SELECT 1")).one())
    except AppError as error:
        return PartState(ok=False, state=error.message)
    return PartState(ok=True, state=container.database.engine.dialect.name)
