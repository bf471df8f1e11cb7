from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode

from app.config.base import SettingsGroup, comma_separated
from app.utils.urls import is_http_url


class AISettings(SettingsGroup):
    ai_dispatch: Literal["local", "celery"] = "local"
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
        return comma_separated(value)

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
