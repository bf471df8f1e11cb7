"""The one HTTP call to the external AI service, in its plain form.

Whatever it does wrong ends in one of three errors: AIServiceFailed (no connection, not 2xx),
AIServiceTimeout, AIBadResponse. Redirects are not followed, and no proxy of the environment is
used: the key goes where AI_SERVICE_URL says, and nowhere else.
"""

import asyncio
import time
from urllib.parse import urlsplit, urlunsplit

import httpx2
import msgspec

from app.config import AISettings
from app.errors import AIBadResponse, AIServiceFailed, AIServiceTimeout
from app.services.ai.records import Question


class Reply(msgspec.Struct, frozen=True):
    text: str
    duration_ms: int


class _PlainAnswer(msgspec.Struct, frozen=True):
    reply: str


class AIServiceClient:
    """One for the process: it keeps connections open between calls."""

    def __init__(self, settings: AISettings) -> None:
        self._url = settings.ai_service_url or ""
        self._timeout = settings.ai_service_timeout
        self._max_bytes = settings.ai_max_reply_bytes
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if settings.ai_service_api_key:
            headers["Authorization"] = f"Bearer {settings.ai_service_api_key}"
        self._http = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(settings.ai_read_timeout, connect=settings.ai_connect_timeout),
            limits=httpx2.Limits(
                max_connections=settings.ai_concurrency,
                max_keepalive_connections=settings.ai_concurrency,
            ),
            follow_redirects=False,
            trust_env=False,
        )
        self.public_url = _without_secrets(self._url)

    async def ask(self, question: Question, idempotency_key: str) -> Reply:
        """Raises AIServiceFailed, AIServiceTimeout or AIBadResponse."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                body = await self._post(msgspec.json.encode(question), idempotency_key)
        except (TimeoutError, httpx2.TimeoutException) as error:
            waited = time.monotonic() - began
            message = f"The AI service did not answer in time ({waited:.1f} s)."
            raise AIServiceTimeout(message) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            message = f"The AI service could not be reached ({type(error).__name__})."
            raise AIServiceFailed(message) from error
        return Reply(_reply_in(body), round((time.monotonic() - began) * 1000))

    async def close(self) -> None:
        await self._http.aclose()

    async def _post(self, content: bytes, idempotency_key: str) -> bytes:
        headers = {"Idempotency-Key": idempotency_key}
        async with self._http.stream("POST", self._url, content=content, headers=headers) as answer:
            if not answer.is_success:
                raise AIServiceFailed(f"The AI service answered with HTTP {answer.status_code}.")
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    message = f"The AI service's answer is longer than {self._max_bytes} bytes."
                    raise AIBadResponse(message)
            return bytes(body)


def _reply_in(body: bytes) -> str:
    try:
        reply = msgspec.json.decode(body, type=_PlainAnswer).reply
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = 'The AI service\'s answer is not JSON of the form {"reply": "text"}.'
        raise AIBadResponse(message) from error
    reply = reply.replace("\x00", "")  # which databases cannot keep
    if not reply.strip():
        raise AIBadResponse("The AI service's reply is empty.")
    return reply


def _without_secrets(url: str) -> str:
    """As it may stand in records and logs: no user, password or query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
