"""uvicorn as this service wants it."""

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from app.bootstrap import Container
from app.config import Settings
from app.http_protocol import PromptHttpProtocol
from app.utils.address import BACKLOG
from app.websocket.close_codes import CloseCode
from app.websocket.protocol import FRAME_HEADROOM, FastProtocol


class Server(uvicorn.Server):
    """Tells sockets that it is going down (4001) before uvicorn closes them with a 1012."""

    def __init__(
        self, app: FastAPI, settings: Settings, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._container: Container = app.state.container
        self._on_ready = on_ready
        super().__init__(server_config(app, settings))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        await self._container.hub.drain(CloseCode.GOING_DOWN)
        await super().shutdown(sockets)


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=PromptHttpProtocol,
        ws=FastProtocol,
        ws_max_size=settings.websocket.max_frame_bytes * FRAME_HEADROOM,
        ws_per_message_deflate=False,
        ws_ping_interval=settings.websocket.ws_heartbeat_seconds,
        ws_ping_timeout=settings.websocket.ws_heartbeat_timeout,
        timeout_graceful_shutdown=10,
        backlog=BACKLOG,
    )
