"""Who opens a socket: a header (native clients), a ticket (browsers), or a first `auth` frame."""

import asyncio

import msgspec
from fastapi import WebSocket

from app.errors import Forbidden, Unauthenticated
from app.security.identity import Identity
from app.services.core.access import Caller
from app.services.core.rules import check_user_id
from app.websocket import frames


async def authenticate(
    socket: WebSocket, identity: Identity, user_id: str, timeout_s: float
) -> Caller:
    """Raises Unauthenticated, Forbidden or InvalidParameter."""
    identity.check_network(socket.client.host if socket.client else None, socket.headers)
    check_user_id("user_id", user_id)
    if identity.open:
        return await identity.of_user(user_id)
    return of_this_user(await _who(socket, identity, timeout_s), user_id)


def of_this_user(caller: Caller, user_id: str) -> Caller:
    """The path names the token's own user; a service may be anyone. Raises Forbidden."""
    if caller.user_id == user_id:
        return caller
    if not caller.sees_all:
        raise Forbidden("The path's user_id is not the token's sub.")
    return msgspec.structs.replace(caller, user_id=user_id, named=True)


async def _who(socket: WebSocket, identity: Identity, timeout_s: float) -> Caller:
    if "authorization" in socket.headers:
        return await identity.of_headers(socket.headers)
    if ticket := socket.query_params.get("ticket"):
        return await identity.tickets.redeem(ticket)
    try:
        async with asyncio.timeout(timeout_s):
            first = frames.decode(await socket.receive_text())
    except (TimeoutError, msgspec.DecodeError, KeyError):
        first = None
    if not isinstance(first, frames.Auth):
        raise Unauthenticated(
            f'Send a first frame {{"type":"auth","token":"…"}} within {timeout_s:g} s, '
            "or the header Authorization, or ?ticket=… from POST /api/ws-ticket."
        )
    return await identity.of_token(first.token)
