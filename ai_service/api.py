import asyncio
from collections.abc import Callable, Coroutine
from secrets import compare_digest
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from ai_service.engine import Engine
from ai_service.errors import ClientGoneError, ServiceError, ShuttingDownError, UnauthenticatedError
from ai_service.schemas import ChatReply, ChatRequest, Health


def health_router(engine: Engine) -> APIRouter:
    router = APIRouter()

    @router.get("/health")
    async def health() -> Health:
        return Health(status="ok", engine=engine.name)

    return router


def chat_router(engine: Engine, api_key: str | None) -> APIRouter:
    router = APIRouter(route_class=_keyed_route(api_key))

    @router.post("/")
    @router.post("/chat")
    @router.post("/api/chat")
    async def chat(body: ChatRequest, request: Request) -> ChatReply:
        return ChatReply(reply=await _reply_while_connected(engine, body, request))

    return router


def _keyed_route(api_key: str | None) -> type[APIRoute]:
    """Routes that check the key before they read the body."""

    class KeyedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def check_then_handle(request: Request) -> Response:
                if api_key is not None:
                    _check_key(request, api_key)
                return await handle(request)

            return check_then_handle

    return KeyedRoute


def _check_key(request: Request, api_key: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = compare_digest(given.strip().encode("latin-1"), api_key.encode())
    if scheme.lower() != "bearer" or not same:
        raise UnauthenticatedError


async def _reply_while_connected(engine: Engine, body: ChatRequest, request: Request) -> str:
    """The engine's answer, given up as soon as nobody waits for it any more."""
    answer = asyncio.create_task(_ask(engine, body))
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise ClientGoneError
        return answer.result()
    except asyncio.CancelledError:
        raise ShuttingDownError from None  # the server cancels what outlasts its grace period
    finally:
        answer.cancel()
        gone.cancel()


async def _ask(engine: Engine, body: ChatRequest) -> str:
    try:
        return await engine.reply(body)
    except ServiceError:
        raise
    except Exception as error:
        raise ServiceError from error


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
