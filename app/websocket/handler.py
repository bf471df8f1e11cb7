"""A socket is let in, or told why not."""

import contextlib

from fastapi import WebSocket, WebSocketDisconnect

from app.bootstrap import Container
from app.errors import AppError, Kind
from app.websocket import frames
from app.websocket.asgi_wire import AsgiWire
from app.websocket.authentication import authenticate
from app.websocket.close_codes import CloseCode
from app.websocket.protocol import EXTENSION
from app.websocket.session import Session
from app.websocket.wire import Wire

CLOSE_CODES = {
    Kind.UNAUTHENTICATED: CloseCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: CloseCode.FORBIDDEN,
    Kind.UNAVAILABLE: CloseCode.GOING_DOWN,
    Kind.RATE_LIMITED: CloseCode.TOO_MANY_REQUESTS,
}


async def handle_connection(container: Container, socket: WebSocket, user_id: str) -> None:
    """The socket is accepted first, since only then can a close code tell why it is refused."""
    await socket.accept()
    settings = container.settings.websocket
    try:
        caller = await authenticate(socket, container.identity, user_id, settings.ws_auth_timeout)
        wire: Wire = socket.scope["extensions"].get(EXTENSION) or AsgiWire(socket)
        partial = socket.query_params.get("deltas") != "0"
        await Session(container, wire, caller, partial=partial).open()
        await wire.finish()
    except AppError as error:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_text(frames.encode(frames.error_frame(error)).decode())
            code = CLOSE_CODES.get(error.kind, CloseCode.PROTOCOL_VIOLATION)
            await socket.close(code, error.code.lower())
    except WebSocketDisconnect:
        pass
