import time
from collections.abc import Callable

import aiohttp
import msgspec
import structlog

from app.config import AISettings
from app.errors import AIUnavailable, AppError, Repeatable
from app.services.ai.calls.attempt import Attempt
from app.services.ai.calls.breaker import Outcome
from app.services.ai.calls.faults import Fault, LeftAlone, NotAsked
from app.services.ai.calls.reply import Reply
from app.services.ai.calls.service import Service, services
from app.services.ai.records import Question

log = structlog.get_logger(__name__)

Heard = Callable[[str], None]
"""Gets each piece of a streamed reply as it comes; a plain answer comes only as the whole."""


KEPT_ALIVE_S = 4.0
"""For a connection without a call. Servers keep them longer (uvicorn 5 s, nginx 75 s), so that none
is taken that is just being closed."""


def ignore(_piece: str) -> None:
    pass


class Answer(msgspec.Struct, frozen=True):
    text: str
    finish_reason: str
    duration_ms: int
    service_url: str


class AICaller:
    """One for the process: it keeps connections open between calls. It never repeats a call."""

    def __init__(self, settings: AISettings) -> None:
        """Raises SettingsError for an address that AI_ALLOWED_HOSTS does not allow."""
        self._settings = settings
        self._services = services(settings)
        self._http: aiohttp.ClientSession | None = None
        self._resting: dict[str, float] = {}
        """Until when, by name; on the monotonic clock."""

    @property
    def public_url(self) -> str:
        """Of the default service, without user, password and query."""
        return self._services[0].public_url if self._services else ""

    @property
    def states(self) -> dict[str, str]:
        return {service.name: str(service.breaker.state) for service in self._services}

    async def ask(
        self,
        question: Question,
        idempotency_key: str,
        heard: Heard = ignore,
        asks: Callable[[str], None] = ignore,
    ) -> Answer:
        """`asks` gets the address of the service that is asked. Raises AIServiceFailed,
        AIServiceTimeout or AIBadResponse of the one attempt, or AIUnavailable where no service may
        be called now."""
        service, permit = self._enter()
        asks(service.public_url)
        outcome = Outcome.UNKNOWN
        try:
            answer = await self._attempt(service, question, idempotency_key, heard)
            outcome = Outcome.ANSWERED
        except AppError as error:
            outcome = _outcome_of(error)
            self._heed(service, error)
            raise
        finally:
            self._leave(service, permit, outcome)
        return answer

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _attempt(
        self, service: Service, question: Question, idempotency_key: str, heard: Heard
    ) -> Answer:
        began = time.monotonic()
        reply = Reply(heard, self._settings.ai_max_reply_bytes)
        if self._http is None:  # it needs a running loop to be made
            self._http = _session(self._settings)
        await Attempt(self._http, service, self._settings, reply).run(question, idempotency_key)
        text, finish_reason = reply.end()
        duration_ms = round((time.monotonic() - began) * 1000)
        return Answer(text, finish_reason, duration_ms, service.public_url)

    def _enter(self) -> tuple[Service, int]:
        for service in sorted(self._services, key=self._rests):
            permit = service.breaker.enter()
            if permit is not None:
                return service, permit
        if not self._services:
            raise AIUnavailable
        raise LeftAlone(min(service.breaker.retry_after_s for service in self._services))

    def _heed(self, service: Service, error: AppError) -> None:
        """A service that asks for a pause is passed over, where there is another to be asked."""
        if isinstance(error, Repeatable) and error.retry_after_s:
            self._resting[service.name] = time.monotonic() + error.retry_after_s
            if any(self._is_free(other) for other in self._services):
                error.retry_after_s = None

    def _rests(self, service: Service) -> bool:
        return time.monotonic() < self._resting.get(service.name, 0.0)

    def _is_free(self, service: Service) -> bool:
        return not self._rests(service) and not service.breaker.retry_after_s

    def _leave(self, service: Service, permit: int, outcome: Outcome) -> None:
        before = service.breaker.state
        service.breaker.leave(permit, outcome)
        after = service.breaker.state
        if after is not before:
            log.warning("ai_circuit", service=service.name, state=after, before=before)


def _outcome_of(error: AppError) -> Outcome:
    if isinstance(error, NotAsked):
        return Outcome.UNKNOWN
    return Outcome.FAILED if isinstance(error, Fault) else Outcome.ANSWERED


def _session(settings: AISettings) -> aiohttp.ClientSession:
    """No proxy of the environment, no cookies: what one patient's call brought must not go out with
    the next. POST is never repeated. All clocks but the first run in the attempt itself."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_ALIVE_S),
        timeout=aiohttp.ClientTimeout(total=None, connect=settings.ai_connect_timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
