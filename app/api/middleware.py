"""What surrounds every HTTP request: its id, the network it comes from, the size of its body, its
last net."""

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import STATUS, error_response, internal
from app.bootstrap import Container
from app.errors import AppError, FrameTooLarge, Kind
from app.utils.id_generator import generate_request_id


class Edge:
    """Plain ASGI: Starlette's middleware classes cost a task for each request."""

    def __init__(self, app: ASGIApp, container: Container) -> None:
        self._app = app
        self._identity = container.identity
        self._max_body = container.settings.server.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = generate_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        response = _Response(send, request_id)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                client = scope["client"][0] if scope.get("client") else None
                self._identity.check_network(client, Headers(scope=scope))
                body = _Body(receive, self._max_body)
                body.check_length(scope)
                await self._app(scope, body, response)
            except AppError as error:
                await error_response(error, request_id)(scope, receive, response)
            except Exception as error:
                if response.started:
                    raise
                await error_response(internal(error), request_id)(scope, receive, response)


class _Body:
    """FastAPI has such a limit too, but its refusal is plain text and has no request id."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._length = 0

    def check_length(self, scope: Scope) -> None:
        """Where the length is told, nothing need be read to refuse it. Raises FrameTooLarge."""
        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told) > self._limit:
            raise FrameTooLarge(limit=self._limit)

    async def __call__(self) -> Message:
        """Raises HTTPException, the one kind of error that FastAPI lets pass while it reads."""
        message = await self._receive()
        self._length += len(message.get("body", b""))
        if self._length > self._limit:
            raise HTTPException(STATUS[Kind.TOO_LARGE])
        return message


class _Response:
    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            MutableHeaders(scope=message)["X-Request-Id"] = self._request_id
        await self._send(message)
