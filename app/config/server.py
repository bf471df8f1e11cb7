from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from app.config.base import SettingsGroup, comma_separated
from app.utils.urls import is_origin


class ServerSettings(SettingsGroup):
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    max_body_bytes: int = Field(65536, ge=1024)

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return comma_separated(value)

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not is_origin(origin):
                msg = "must be *, or origins such as https://app.example.com, comma-separated"
                raise ValueError(msg)
        return value
