from collections.abc import Callable, Coroutine
from secrets import compare_digest
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ai_service.errors import UnauthenticatedError


def guarded_route(api_key: str | None) -> type[APIRoute]:
    """Routes that check the key before they read the body."""

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def check_then_handle(request: Request) -> Response:
                if api_key is not None:
                    _check_key(request, api_key)
                return await handle(request)

            return check_then_handle

    return GuardedRoute


def _check_key(request: Request, api_key: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = compare_digest(given.strip().encode("latin-1"), api_key.encode())
    if scheme.lower() != "bearer" or not same:
        raise UnauthenticatedError
