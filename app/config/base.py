"""What every group of settings has in common."""

from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_FILE = ".env"


class SettingsError(Exception):
    """A setting is wrong; the message is one line that names it and says what it may be."""


class SettingsGroup(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore",
        frozen=True, hide_input_in_errors=True,
    )  # fmt: skip


def comma_separated(value: object) -> object:
    """For fields that are read by themselves and not as JSON."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value
