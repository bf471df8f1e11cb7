from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from app.config.base import SettingsGroup
from app.utils.urls import is_http_url

SECRET_MIN_BYTES = 32
"""RFC 7518, 3.2: a key for HS256 has at least 256 bits."""

Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]


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
