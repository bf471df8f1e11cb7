"""One HTTP exchange under its clocks, and what each of its failures is called."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import aiohttp

from app.config import AISettings
from app.errors import AIServiceFailed
from app.services.ai.calls import faults
from app.services.ai.calls.protocols.base import Part
from app.services.ai.calls.readers import Reader, reader_for
from app.services.ai.calls.reply import Reply
from app.services.ai.calls.retry_after import retry_after_s
from app.services.ai.calls.service import Request, Service
from app.services.ai.records import Question

LOST = aiohttp.ClientError, OSError
TRY_LATER = 408, 429
SUCCESS = 2
SERVER_ERRORS = 500
LET_GO_S = 0.1
SLICE = 2048
"""Bytes of a body that are taken in one turn of the event loop: others want theirs."""


class Attempt:
    """Fills `reply`. Two clocks run: one for the whole, one that every byte sets back."""

    def __init__(
        self, http: aiohttp.ClientSession, service: Service, settings: AISettings, reply: Reply
    ) -> None:
        self._http = http
        self._service = service
        self._settings = settings
        self._reply = reply
        self._whole = asyncio.timeout(settings.ai_service_timeout)
        self._silence = asyncio.timeout(settings.ai_first_byte_timeout)
        self._begun = False

    async def run(self, question: Question, idempotency_key: str) -> None:
        """Raises one of the faults."""
        try:
            async with self._whole:
                await self._watched(question, idempotency_key)
        except TimeoutError as error:
            raise faults.TooSlow from error

    async def _watched(self, question: Question, idempotency_key: str) -> None:
        try:
            async with self._silence:
                await self._sent(question, idempotency_key)
        except TimeoutError as error:
            raise (faults.Stalled if self._begun else faults.NeverBegan) from error

    async def _sent(self, question: Question, idempotency_key: str) -> None:
        try:
            request = await self._service.request(question, idempotency_key)
            await self._exchange(request)
        except aiohttp.ConnectionTimeoutError as error:
            raise faults.ConnectTimedOut from error
        except ValueError as error:  # of an address that cannot be one
            raise faults.NotSent from error
        except LOST as error:
            raise (faults.CutOff if self._begun else faults.Unreachable) from error

    async def _exchange(self, request: Request) -> None:
        """What is not read to its end is closed."""
        async with self._http.post(
            request.url, headers=request.headers, data=request.body,
            allow_redirects=False, server_hostname=request.server_name,
        ) as response:  # fmt: skip
            _check(response)
            await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        content_type = response.headers.get("Content-Type", "")
        bound = self._settings.ai_max_reply_bytes
        reader = reader_for(content_type, self._service.protocol, bound)
        async for chunk in response.content.iter_any():
            self._set_back()
            if await self._feed(reader, chunk):
                await self._let_go(response.content)
                return
        self._is_over(reader.end())

    async def _feed(self, reader: Reader, chunk: bytes) -> bool:
        for at in range(0, len(chunk), SLICE):
            if at:
                await asyncio.sleep(0)
            if self._is_over(reader.feed(chunk[at : at + SLICE])):
                return True
        return False

    def _is_over(self, parts: Iterator[Part]) -> bool:
        """Nothing is taken behind the last part."""
        for part in parts:
            self._reply.take(part)
            if part.last:
                return True
        return False

    def _set_back(self) -> None:
        self._begun = True
        now = asyncio.get_running_loop().time()
        self._silence.reschedule(now + self._settings.ai_read_timeout)

    async def _let_go(self, content: aiohttp.StreamReader) -> None:
        """Only a body read to its end, which mostly comes at once, leaves the connection for the
        next call. The reply is whole: nothing that goes wrong here matters."""
        self._whole.reschedule(None)
        self._silence.reschedule(None)
        with suppress(TimeoutError, *LOST):
            async with asyncio.timeout(LET_GO_S):
                async for _ in content.iter_any():
                    pass


def _check(response: aiohttp.ClientResponse) -> None:
    """Raises what the status and the headers stand for."""
    if response.status // 100 != SUCCESS:
        kind = _by_status(response.status)
        error = kind(f"The AI service answered with HTTP {response.status}.")
        if error.worth_repeating:
            error.retry_after_s = retry_after_s(response.headers.get("Retry-After"))
        raise error
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise faults.Garbage("The AI service's answer is compressed, which was not asked for.")


def _by_status(status: int) -> type[AIServiceFailed]:
    if status in TRY_LATER:
        return faults.Busy
    return faults.Broken if status >= SERVER_ERRORS else faults.Refused
