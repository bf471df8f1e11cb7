"""Settings from the environment and `.env`, in groups, checked before anything starts.

Names are flat (`DATABASE_URL`), as `.env.example` explains them. An empty value counts as not set.
"""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.utils.urls import is_http_url, is_origin

SECRET_MIN_BYTES = 32
"""RFC 7518, 3.2: a key for HS256 has at least 256 bits."""

ENV_FILE = ".env"
DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]


class SettingsError(Exception):
    """A setting is wrong; the message is one line that names it and says what it may be."""


class SettingsGroup(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore",
        frozen=True, hide_input_in_errors=True,
    )  # fmt: skip


class ServerSettings(SettingsGroup):
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    max_body_bytes: int = Field(65536, ge=1024)

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not is_origin(origin):
                msg = "must be *, or origins such as https://app.example.com, comma-separated"
                raise ValueError(msg)
        return value


class DatabaseSettings(SettingsGroup):
    database_url: str = "sqlite:///./data/im.db"
    database_pool_size: int = Field(8, ge=2, le=100)
    database_timeout: float = Field(5.0, gt=0, le=60)

    @field_validator("database_url")
    @classmethod
    def _is_supported(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.drivername not in DRIVERS or not url.database:
            msg = "must be sqlite:///path/to/im.db or postgresql://user:password@host:5432/name"
            raise ValueError(msg)
        if url.drivername == "sqlite" and url.database == ":memory:":
            msg = "must name a file: an in-memory database is lost with the process"
            raise ValueError(msg)
        return value

    @property
    def url(self) -> URL:
        url = make_url(self.database_url)
        return url.set(drivername=DRIVERS[url.drivername])

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"


class RedisSettings(SettingsGroup):
    redis_url: str | None = None

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str | None) -> str | None:
        if value is not None and not _is_redis_url(value):
            msg = "must be redis://host:6379/0, rediss://… for TLS, or unix:///path"
            raise ValueError(msg)
        return value


class AuthSettings(SettingsGroup):
    auth_mode: Literal["open", "jwt"] = "open"
    allow_open_network: bool = False
    jwt_secret: str | None = None
    jwt_algorithm: Algorithm = "HS256"
    jwt_public_key: str | None = None
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_leeway: int = Field(10, ge=0, le=300)

    @field_validator("jwt_jwks_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and not is_http_url(value):
            msg = "must be an http:// or https:// address"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.auth_mode == "open":
            return self
        if self.allow_open_network:
            msg = "ALLOW_OPEN_NETWORK: only goes with AUTH_MODE=open; remove one of them"
            raise ValueError(msg)
        self._check_keys()
        return self

    def _check_keys(self) -> None:
        if self.jwt_algorithm == "HS256":
            if self.jwt_public_key or self.jwt_jwks_url:
                msg = "JWT_ALGORITHM: HS256 takes JWT_SECRET only; for a public key name RS256, ES256 or EdDSA"  # noqa: E501 - one line for the operator
                raise ValueError(msg)
            if len((self.jwt_secret or "").encode()) < SECRET_MIN_BYTES:
                msg = f"JWT_SECRET: must have at least {SECRET_MIN_BYTES} bytes when AUTH_MODE=jwt and JWT_ALGORITHM=HS256"  # noqa: E501 - one line for the operator
                raise ValueError(msg)
        elif self.jwt_secret or bool(self.jwt_public_key) == bool(self.jwt_jwks_url):
            msg = f"JWT_ALGORITHM: {self.jwt_algorithm} takes either JWT_PUBLIC_KEY (PEM text or a file's path) or JWT_JWKS_URL, and no JWT_SECRET"  # noqa: E501 - one line for the operator
            raise ValueError(msg)


class WebSocketSettings(SettingsGroup):
    max_frame_bytes: int = Field(65536, ge=1024, le=1 << 20)
    ws_heartbeat_seconds: float = Field(25.0, gt=0, le=3600)
    ws_heartbeat_timeout: float = Field(10.0, gt=0, le=3600)
    ws_auth_timeout: float = Field(10.0, gt=0, le=3600)
    ws_max_unsent_bytes: int = Field(1 << 20, ge=65536)
    ws_max_sync_bytes: int = Field(8 << 20, ge=65536)
    ws_max_in_flight: int = Field(64, ge=1)
    ws_messages_per_second: float = Field(500, ge=0)
    ws_connections_per_user: int = Field(100, ge=0)


class SendSettings(SettingsGroup):
    send_queue_length: int = Field(10_000, ge=1)
    send_batch_size: int = Field(256, ge=1, le=1000)
    user_messages_per_second: float = Field(1000, ge=0)


class AISettings(SettingsGroup):
    ai_service_url: str | None = None
    ai_service_api_key: str | None = None
    ai_protocol: Literal["im", "openai"] = "im"
    ai_stream: bool = True
    ai_model: str = "default"
    ai_system_prompt: str | None = None
    ai_temperature: float | None = Field(None, ge=0, le=2)
    ai_max_tokens: int | None = Field(None, ge=1)
    ai_fallback_url: str | None = None
    ai_fallback_api_key: str | None = None
    ai_fallback_protocol: Literal["im", "openai"] = "im"
    ai_fallback_model: str | None = None
    ai_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    ai_breaker_failures: int = Field(5, ge=1, le=1000)
    ai_breaker_window: int = Field(10, ge=1, le=1000)
    ai_breaker_open_seconds: float = Field(10.0, gt=0, le=3600)
    ai_service_timeout: float = Field(30.0, gt=0, le=600)
    ai_connect_timeout: float = Field(3.0, gt=0, le=60)
    ai_first_byte_timeout: float = Field(15.0, gt=0, le=600)
    ai_read_timeout: float = Field(15.0, gt=0, le=600)
    ai_max_reply_bytes: int = Field(65536, ge=1024)
    ai_concurrency: int = Field(64, ge=1, le=1000)
    ai_history_messages: int = Field(20, ge=0, le=200)
    ai_history_chars: int = Field(8000, ge=0, le=200_000)
    ai_lease_seconds: float = Field(15.0, ge=0.5, le=600)
    ai_max_attempts: int = Field(3, ge=1, le=100)
    ai_retry_seconds: float = Field(0.5, gt=0, le=60)
    ai_retry_cap_seconds: float = Field(10.0, gt=0, le=600)
    ai_handoff_seconds: float = Field(300.0, ge=0, le=86_400)
    ai_debounce_seconds: float = Field(0.0, ge=0, le=60)
    ai_max_turns: int = Field(20, ge=1, le=1000)
    ai_max_kept_chars: int = Field(100_000, ge=0)
    ai_delta_seconds: float = Field(0.05, ge=0, le=10)
    ai_delta_tokens: int = Field(24, ge=1, le=10_000)

    @field_validator("ai_allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("ai_service_url", "ai_fallback_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and not (is_http_url(value) and len(value) <= 256):  # noqa: PLR2004 - the column's length
            msg = "must be an http:// or https:// address of at most 256 characters"
            raise ValueError(msg)
        return value

    @field_validator("ai_service_api_key", "ai_fallback_api_key")
    @classmethod
    def _fits_a_header(cls, value: str | None) -> str | None:
        if value is not None and not (value.isascii() and value.isprintable()):
            msg = "must be one line of ASCII characters, since it is sent in a header"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.ai_service_api_key and not self.ai_service_url:
            msg = "AI_SERVICE_API_KEY: is set without AI_SERVICE_URL; set both or neither"
            raise ValueError(msg)
        if self.ai_fallback_url and not self.ai_service_url:
            msg = "AI_FALLBACK_URL: is set without AI_SERVICE_URL; set both or neither"
            raise ValueError(msg)
        if self.ai_fallback_api_key and not self.ai_fallback_url:
            msg = "AI_FALLBACK_API_KEY: is set without AI_FALLBACK_URL; set both or neither"
            raise ValueError(msg)
        if self.ai_breaker_failures > self.ai_breaker_window:
            msg = "AI_BREAKER_FAILURES: must not be greater than AI_BREAKER_WINDOW"
            raise ValueError(msg)
        return self


class LogSettings(SettingsGroup):
    log_level: LogLevel = "INFO"
    log_format: Literal["auto", "json", "text"] = "auto"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Settings:
    server: ServerSettings
    database: DatabaseSettings
    redis: RedisSettings
    auth: AuthSettings
    websocket: WebSocketSettings
    send: SendSettings
    ai: AISettings
    log: LogSettings


GROUPS: dict[str, type[SettingsGroup]] = {
    "server": ServerSettings,
    "database": DatabaseSettings,
    "redis": RedisSettings,
    "auth": AuthSettings,
    "websocket": WebSocketSettings,
    "send": SendSettings,
    "ai": AISettings,
    "log": LogSettings,
}


def load_settings(**overrides: object) -> Settings:
    """Overrides are flat names in lower case and win over the environment.

    Raises SettingsError with one line per wrong setting.
    """
    if problems := _problems_in_env_file():
        raise SettingsError("\n".join(problems))
    groups: dict[str, SettingsGroup] = {}
    for name, group in GROUPS.items():
        own = {k: overrides.pop(k) for k in tuple(overrides) if k in group.model_fields}
        try:
            groups[name] = group(**own)
        except ValidationError as error:
            problems += [_explain(group, item["loc"], item["msg"]) for item in error.errors()]
    if overrides:
        problems.append(f"{', '.join(overrides).upper()}: there is no such setting")
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**groups)  # type: ignore[arg-type]


def _problems_in_env_file() -> list[str]:
    """Lines that cannot be read would only be warned of, once for each group of settings."""
    file = Path(ENV_FILE)
    if not file.is_file():
        return []
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return [f"{ENV_FILE}: cannot be read as UTF-8 text ({type(error).__name__})"]
    wrong = [binding.original.line for binding in parse_stream(StringIO(text)) if binding.error]
    return [f"{ENV_FILE}: line {line} is not of the form NAME=value" for line in wrong]


def _is_redis_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        if parts.scheme == "unix":
            return bool(parts.path)
        return parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _explain(group: type[SettingsGroup], location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    name = str(location[0])
    default = group.model_fields[name].default
    hint = "" if default is None or default == () else f" (default: {default})"
    return f"{name.upper()}: {message[:1].lower()}{message[1:]}{hint}"
