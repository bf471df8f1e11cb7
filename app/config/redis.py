from urllib.parse import urlsplit

from pydantic import Field, field_validator

from app.config.base import SettingsGroup


class RedisSettings(SettingsGroup):
    redis_url: str | None = None
    redis_prefix: str = Field("im", pattern=r"^[A-Za-z0-9_.-]{1,32}$")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str | None) -> str | None:
        if value is not None and not _is_redis_url(value):
            msg = "must be redis://host:6379/0, rediss://… for TLS, or unix:///path"
            raise ValueError(msg)
        return value

    @property
    def shown(self) -> str:
        """Without the password."""
        parts = urlsplit(self.redis_url or "")
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _is_redis_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        if parts.scheme == "unix":
            return bool(parts.path)
        return parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
