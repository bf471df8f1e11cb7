"""Work that lasts as long as its client, and bodies that are sent while they come to be."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ai_service.errors import ClientGoneError, ConnectionCutError, ServiceError, ShuttingDownError

T = TypeVar("T")
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

log = logging.getLogger("ai_service")


async def while_connected(request: Request, work: Coroutine[object, object, T]) -> T:
    """Cancels the work as soon as nobody waits for it any more."""
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGoneError
        return task.result()
    except asyncio.CancelledError:
        raise ShuttingDownError from None  # the server cancels what outlasts its grace period
    finally:
        _cancel(task, gone)


class LiveResponse(Response):
    """Where its body fails, the connection is cut, so that nobody takes the part for the whole."""

    def __init__(self, body: AsyncGenerator[bytes, None], media_type: str) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers(UNBUFFERED)
        self._body = body

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send_all(send))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            with suppress(asyncio.CancelledError):  # the server ends: it then cuts the connection
                await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            _cancel(sending, gone)

    async def _send_all(self, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        try:
            async with aclosing(self._body) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except ConnectionCutError:
            return
        except ServiceError as error:
            cause = type(error.__cause__ or error).__name__
            log.error("%s in the middle of a reply, cause=%s", error.code, cause)  # noqa: TRY400
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
