from typing import Literal

from pydantic import field_validator

from app.config.base import SettingsGroup

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class LogSettings(SettingsGroup):
    log_level: LogLevel = "INFO"
    log_format: Literal["auto", "json", "text"] = "auto"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value
