"""One external service: where it is, what it speaks and how it has been doing."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpx2

from app.config import AISettings
from app.services.ai.calls.breaker import CircuitBreaker, Thresholds
from app.services.ai.calls.hosts import AllowedHosts
from app.services.ai.calls.protocols import PROTOCOLS, AIProtocol, Options
from app.services.ai.records import Question


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    public_url: str
    breaker: CircuitBreaker
    protocol: AIProtocol
    url: str
    api_key: str | None
    hosts: AllowedHosts
    stream: bool

    async def request(
        self, http: httpx2.AsyncClient, question: Question, idempotency_key: str
    ) -> httpx2.Request:
        """Raises HostRefused or Unreachable, where AI_ALLOWED_HOSTS needs the name resolved."""
        address = await self.hosts.address_of(self.url)
        url = self._request_url()
        headers = self._headers(idempotency_key)
        extensions: dict[str, object] = {}
        if address is not None:
            headers["Host"] = url.netloc.decode("ascii")
            extensions["sni_hostname"] = url.raw_host.decode("ascii")
            url = url.copy_with(host=address)
        return http.build_request(
            "POST", url, content=self.protocol.body(question), headers=headers,
            extensions=extensions,
        )  # fmt: skip

    def _request_url(self) -> httpx2.URL:
        parts = urlsplit(self.url)
        url = httpx2.URL(urlunsplit(parts._replace(path=self.protocol.path(parts.path))))
        return url.copy_with(userinfo=b"") if self.api_key else url  # a password would win

    def _headers(self, idempotency_key: str) -> dict[str, str]:
        accept = "text/event-stream, application/json" if self.stream else "application/json"
        headers = {
            "Accept": accept,
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
        }
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        return headers


def services(s: AISettings) -> list[Service]:
    """The default and the fall-back, as far as they are set. Raises SettingsError for an address
    outside AI_ALLOWED_HOSTS."""
    hosts = AllowedHosts(s.ai_allowed_hosts)
    made: list[Service] = []
    if url := s.ai_service_url:
        hosts.check("AI_SERVICE_URL", url)
        protocol = PROTOCOLS[s.ai_protocol](_options(s, s.ai_model))
        made.append(_service("default", url, s.ai_service_api_key, protocol, hosts, s))
    if url := s.ai_fallback_url:
        hosts.check("AI_FALLBACK_URL", url)
        model = s.ai_fallback_model or s.ai_model
        protocol = PROTOCOLS[s.ai_fallback_protocol](_options(s, model))
        made.append(_service("fallback", url, s.ai_fallback_api_key, protocol, hosts, s))
    return made


def without_secrets(url: str) -> str:
    """As it may stand in records and logs: no user, password or query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _service(
    name: str,
    url: str,
    api_key: str | None,
    protocol: AIProtocol,
    hosts: AllowedHosts,
    s: AISettings,
) -> Service:
    thresholds = Thresholds(s.ai_breaker_failures, s.ai_breaker_window, s.ai_breaker_open_seconds)
    breaker = CircuitBreaker(thresholds)
    return Service(name, without_secrets(url), breaker, protocol, url, api_key, hosts, s.ai_stream)


def _options(s: AISettings, model: str) -> Options:
    return Options(s.ai_stream, model, s.ai_system_prompt, s.ai_temperature, s.ai_max_tokens)
