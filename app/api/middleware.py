"""What surrounds every HTTP request: its id, the network it comes from, its last net."""

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import error_response, internal
from app.bootstrap import Container
from app.errors import AppError
from app.utils.id_generator import generate_request_id


class Edge:
    """Plain ASGI: Starlette's middleware classes cost a task for each request."""

    def __init__(self, app: ASGIApp, container: Container) -> None:
        self._app = app
        self._identity = container.identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = generate_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        response = _Response(send, request_id)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                self._identity.check_network(scope["client"][0] if scope.get("client") else None)
                await self._app(scope, receive, response)
            except AppError as error:
                await error_response(error, request_id)(scope, receive, response)
            except Exception as error:
                if response.started:
                    raise
                await error_response(internal(error), request_id)(scope, receive, response)


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
