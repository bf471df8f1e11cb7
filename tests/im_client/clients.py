"""Clients of the real service, and what tests ask of them."""

import asyncio
from typing import Any, Protocol, TypeVar

from im_client import AiReply, Event, IMClient, MessageSent

E = TypeVar("E", bound=Event)


class Server(Protocol):
    """The real service, in open mode, with an AI that repeats what it hears."""

    url: str

    async def ws_close_all(self, code: int) -> None: ...


class Open(Protocol):
    async def __call__(self, user_id: str, **options: Any) -> IMClient: ...


async def next_of(client: IMClient, kind: type[E]) -> E:
    async with asyncio.timeout(10):
        async for event in client.events():
            if isinstance(event, kind):
                return event
    raise AssertionError(f"the events ended without {kind.__name__}")


async def stored(
    client: IMClient, count: int, group_id: str | None = None
) -> list[MessageSent | AiReply]:
    """The next messages and replies, of any group or of one, as many as asked for."""
    found: list[MessageSent | AiReply] = []
    async with asyncio.timeout(10):
        async for event in client.events():
            if isinstance(event, MessageSent | AiReply) and group_id in {None, event.group_id}:
                found.append(event)
            if len(found) == count:
                break
    return found
