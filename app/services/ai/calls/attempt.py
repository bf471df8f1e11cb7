"""One HTTP exchange under its clocks, and what each of its failures is called."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, suppress

import httpx2

from app.config import AISettings
from app.errors import AIServiceFailed
from app.services.ai.calls import faults
from app.services.ai.calls.protocols.base import Part
from app.services.ai.calls.readers import Reader, reader_for
from app.services.ai.calls.reply import Reply
from app.services.ai.calls.retry_after import retry_after_s
from app.services.ai.calls.service import Service
from app.services.ai.records import Question

WRONG = httpx2.LocalProtocolError, httpx2.InvalidURL, UnicodeError
"""The last is what the resolver says to a name with an empty or too long part."""
TRY_LATER = 408, 429
SERVER_ERRORS = 500
LET_GO_S = 0.1
SLICE = 2048
"""Bytes of a body that are taken in one turn of the event loop: others want theirs."""


class Attempt:
    """Fills `reply`. Two clocks run: one for the whole, one that every byte sets back."""

    def __init__(
        self, http: httpx2.AsyncClient, service: Service, settings: AISettings, reply: Reply
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
        except WRONG as error:
            raise faults.NotSent from error
        except httpx2.ConnectTimeout as error:
            raise faults.ConnectTimedOut from error
        except httpx2.ConnectError as error:
            raise faults.Unreachable from error
        except httpx2.HTTPError as error:
            raise (faults.CutOff if self._begun else faults.Unreachable) from error

    async def _watched(self, question: Question, idempotency_key: str) -> None:
        try:
            async with self._silence:
                request = await self._service.request(self._http, question, idempotency_key)
                await self._exchange(request)
        except TimeoutError as error:
            raise (faults.Stalled if self._begun else faults.NeverBegan) from error

    async def _exchange(self, request: httpx2.Request) -> None:
        response = await self._http.send(request, stream=True)
        try:
            _check(response)
            await self._read(response)
        finally:
            await response.aclose()

    async def _read(self, response: httpx2.Response) -> None:
        content_type = response.headers.get("Content-Type", "")
        bound = self._settings.ai_max_reply_bytes
        reader = reader_for(content_type, self._service.protocol, bound)
        async with aclosing(response.aiter_raw()) as chunks:
            async for chunk in chunks:
                self._set_back()
                if await self._feed(reader, chunk):
                    await self._let_go(chunks)
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

    async def _let_go(self, chunks: AsyncIterator[bytes]) -> None:
        """Only a body read to its end, which mostly comes at once, leaves the connection for the
        next call. The reply is whole: nothing that goes wrong here matters."""
        self._whole.reschedule(None)
        self._silence.reschedule(None)
        with suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(LET_GO_S):
                async for _ in chunks:
                    pass


def _check(response: httpx2.Response) -> None:
    """Raises what the status and the headers stand for."""
    if not response.is_success:
        kind = _by_status(response.status_code)
        error = kind(f"The AI service answered with HTTP {response.status_code}.")
        if error.worth_repeating:
            error.retry_after_s = retry_after_s(response.headers.get("Retry-After"))
        raise error
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise faults.Garbage("The AI service's answer is compressed, which was not asked for.")


def _by_status(status: int) -> type[AIServiceFailed]:
    if status in TRY_LATER:
        return faults.Busy
    return faults.Broken if status >= SERVER_ERRORS else faults.Refused
