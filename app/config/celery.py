from pydantic import Field, field_validator

from app.config.base import SettingsGroup

SCHEMES = ("redis", "rediss", "unix", "amqp", "amqps")


class CelerySettings(SettingsGroup):
    """`celery_broker_url` is REDIS_URL where it is not set."""

    celery_broker_url: str | None = None
    celery_queue: str = Field("im-ai", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    celery_canary_seconds: float = Field(15.0, ge=0.1, le=3600)

    @field_validator("celery_broker_url")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value is not None and value.partition("://")[0] not in SCHEMES:
            msg = "must be redis://, rediss:// or unix:// for Redis, or amqp:// or amqps:// for RabbitMQ"  # noqa: E501 - one line for the operator
            raise ValueError(msg)
        return value
