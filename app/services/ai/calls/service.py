"""One external service: where it is, what it speaks and how it has been doing."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from yarl import URL

from app.config import AISettings
from app.services.ai.calls.breaker import CircuitBreaker, Thresholds
from app.services.ai.calls.hosts import AllowedHosts
from app.services.ai.calls.protocols import PROTOCOLS, AIProtocol, Options
from app.services.ai.records import Question


@dataclass(frozen=True, slots=True)
class Request:
    """`server_name`: whose certificate is asked for, where the URL has an address in its place."""

    url: URL
    headers: dict[str, str]
    body: bytes
    server_name: str | None


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

    async def request(self, question: Question, idempotency_key: str) -> Request:
        """Raises HostRefused or Unreachable, where AI_ALLOWED_HOSTS needs the name resolved, and
        ValueError for an address that cannot be one."""
        address = await self.hosts.address_of(self.url)
        url, headers, name = self._request_url(), self._headers(idempotency_key), None
        if address is not None:
            headers["Host"], name = url.host_port_subcomponent or "", url.raw_host
            url = url.with_host(address)
        return Request(url, headers, self.protocol.body(question), name)

    def _request_url(self) -> URL:
        parts = urlsplit(self.url)
        url = URL(urlunsplit(parts._replace(path=self.protocol.path(parts.path))))
        return url.with_user(None) if self.api_key else url  # a password would win

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
