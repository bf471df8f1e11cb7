"""The ASGI program. `im serve` runs it, and so does `uvicorn app.main:app`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig

from app import __version__
from app.api import ai, errors, group, health, message, openapi, ticket, user
from app.api.middleware import Edge
from app.bootstrap import Container, StartError, build, prepare_database
from app.config import Settings, SettingsError, load_settings
from app.utils.logger import configure_logging
from app.websocket.handler import handle_connection

DESCRIPTION = """
Instant messaging whose messages an AI answers. A patient's message in a group is answered by the
AI; a doctor's goes to people only. Everything is stored, numbered and pushed over WebSocket
(`/ws/{user_id}`). Every error has the form of `ErrorResponse`.
"""

NO_TELEMETRY: TelemetryConfig = {  # it would record exception texts, which may quote a message
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(settings: Settings, container: Container | None = None) -> FastAPI:
    container = container or build(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await container.start()
        try:
            yield
        finally:
            await container.stop()

    app = FastAPI(
        title="IM service",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    app.state.container = container
    for part in (user, group, message, ai, ticket, health):
        app.include_router(part.router)
    app.add_api_websocket_route("/ws/{user_id}", _socket)
    app.add_middleware(Edge, container=container)
    if settings.server.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.server.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id"],
        )
    errors.install(app)
    openapi.install(app)
    return app


async def _socket(socket: WebSocket, user_id: str) -> None:
    await handle_connection(socket.app.state.container, socket, user_id)


def __getattr__(name: str) -> FastAPI:
    """`app.main:app` is made when a server first asks for it, so that importing this module does
    nothing."""
    if name != "app":
        raise AttributeError(name)
    return _made()


@cache
def _made() -> FastAPI:
    """Once, however often a server asks. A wrong setting or a database that cannot be used ends
    the start with a line each, and no traceback, as a server would print for what fails in the
    lifespan."""
    try:
        settings = load_settings()
        configure_logging(settings.log)
        container = build(settings)
        prepare_database(container.database, settings)
        return create_app(settings, container)
    except (SettingsError, StartError) as error:
        sys.exit(str(error))
