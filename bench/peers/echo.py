"""The barest WebSocket server of FastAPI, run by uvicorn as it comes: what an idle connection costs
before anything is done for it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from bench.databases import FreshDatabase
from bench.program import Target, answers_at, started_by
from bench.target import environment

app = FastAPI()


@app.websocket("/ws/{user_id}")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


@contextmanager
def echo_server(database: FreshDatabase) -> Iterator[Target]:
    """In the database's folder, which is all that it has of it."""
    command = [sys.executable, "-m", "uvicorn", "bench.peers.echo:app", "--port", "0"]
    with started_by(
        command, environment(database.url), database.folder, answers_at("/docs")
    ) as target:
        yield target
