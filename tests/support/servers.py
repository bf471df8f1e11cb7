"""The service as a real server in this process: real sockets, a thread and a loop of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from app.bootstrap import Container, build
from app.config import load_settings
from app.main import create_app
from app.server import Server
from app.utils.address import bind
from app.websocket.close_codes import CloseCode


@dataclass(frozen=True)
class RunningServer:
    url: str
    container: Container
    loop: asyncio.AbstractEventLoop
    foreign: bool = False

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def http(self, user_id: str | None = None, token: str | None = None) -> httpx2.AsyncClient:
        headers = {"X-User-Id": user_id} if user_id else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    async def ws_close_all(self, code: int) -> None:
        """Closes every socket with this code, from the server's own loop."""
        closing = asyncio.run_coroutine_threadsafe(self._close_all(code), self.loop)
        await asyncio.wrap_future(closing)

    async def _close_all(self, code: int) -> None:
        self.container.hub.close_all(CloseCode(code))


@contextmanager
def run_service(*, foreign: object = False, **settings: object) -> Iterator[RunningServer]:
    """As under `im serve`. `foreign`: sockets are those of uvicorn itself, and the loop Python's
    own, as under any other ASGI server."""
    loaded = load_settings(**settings)
    container = build(loaded)
    server = Server(create_app(loaded, container), loaded)
    if foreign:
        server.config.ws = "websockets-sansio"
        server.config.loop = "asyncio"
    with _running(server, bind("127.0.0.1", 0)) as (port, loop):
        yield RunningServer(f"http://127.0.0.1:{port}", container, loop, bool(foreign))


@contextmanager
def run_program(app: FastAPI) -> Iterator[str]:
    """Any other ASGI program, such as an AI service; gives its URL."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=0,  # requests that hang are meant to hang
    )
    with _running(uvicorn.Server(config), bind("127.0.0.1", 0)) as (port, _):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(server: uvicorn.Server, sock: Any) -> Iterator[tuple[int, asyncio.AbstractEventLoop]]:
    port = sock.getsockname()[1]
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[sock])

    run = server.config.get_loop_factory()
    thread = threading.Thread(
        target=lambda: asyncio.Runner(loop_factory=run).run(serve()), daemon=True
    )
    thread.start()
    while not server.started and thread.is_alive():
        threading.Event().wait(0.005)
    if not server.started:
        msg = "the server did not start"
        raise RuntimeError(msg)
    try:
        yield port, loops[0]
    finally:
        server.should_exit = True
        thread.join(15)
