"""JSON Web Tokens: `sub` is the user, `scope` may contain `service`, `exp` is required.

One setting names one algorithm, and with it one family of keys: a token that names another is
refused, so neither `alg=none` nor a public key used as an HMAC secret gets anywhere.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import jwt
from jwt import PyJWKClient, PyJWTError

from app.config import AuthSettings, SettingsError
from app.errors import AppError, Unauthenticated
from app.services.core.access import Caller
from app.services.core.rules import check_user_id

SERVICE_SCOPE = "service"
JWKS_LIFESPAN = 300
"""Seconds; an unknown key id asks again at once, so a new key works without a wait."""


class TokenVerifier:
    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._jwks = (
            PyJWKClient(settings.jwt_jwks_url, lifespan=JWKS_LIFESPAN, timeout=5)
            if settings.jwt_jwks_url
            else None
        )
        self._key = "" if self._jwks else _fixed_key(settings)

    async def verify(self, token: str) -> Caller:
        """Raises Unauthenticated, which never repeats anything of the token."""
        try:
            claims = jwt.decode(
                token,
                await self._key_for(token),
                algorithms=[self._settings.jwt_algorithm],
                audience=self._settings.jwt_audience,
                issuer=self._settings.jwt_issuer,
                leeway=self._settings.jwt_leeway,
                options={
                    "require": ["exp", "sub"],
                    "verify_aud": bool(self._settings.jwt_audience),
                },
            )
            return _caller(claims)
        except PyJWTError as error:
            raise Unauthenticated(f"The token is refused: {type(error).__name__}.") from None
        except AppError as error:
            raise Unauthenticated(f"The token's sub is no user_id: {error.message}") from None

    async def _key_for(self, token: str) -> Any:
        """A key set is fetched over the network, on a thread, and only for an unknown key id."""
        if self._jwks is None:
            return self._key
        return (await asyncio.to_thread(self._jwks.get_signing_key_from_jwt, token)).key


def issue_token(key: str, algorithm: str, user_id: str, *, service: bool, ttl: int) -> str:
    """`ttl` in seconds. `key` is the secret, or a private key as PEM text."""
    now = int(time.time())
    claims = {"sub": user_id, "iat": now, "exp": now + ttl}
    if service:
        claims["scope"] = SERVICE_SCOPE
    return jwt.encode(claims, key, algorithm=algorithm)


def read_pem(value: str) -> str:
    """PEM text as it is (with `\\n` written out where a .env file needs that), or a file's."""
    if "-----BEGIN" in value:
        return value.replace("\\n", "\n")
    return Path(value).read_text(encoding="ascii")


def _fixed_key(settings: AuthSettings) -> Any:
    if settings.jwt_algorithm == "HS256":
        return settings.jwt_secret or ""
    try:
        algorithm = jwt.get_algorithm_by_name(settings.jwt_algorithm)
        key = algorithm.prepare_key(read_pem(settings.jwt_public_key or ""))
    except (OSError, ValueError, TypeError, PyJWTError) as error:
        msg = f"JWT_PUBLIC_KEY: is no PEM key for {settings.jwt_algorithm}, nor a file that holds one ({type(error).__name__})"  # noqa: E501 - one line for the operator
        raise SettingsError(msg) from None
    if "PRIVATE" in type(key).__name__.upper():
        msg = "JWT_PUBLIC_KEY: is a private key; give its public half"
        raise SettingsError(msg)
    return key


def _caller(claims: dict[str, Any]) -> Caller:
    user_id = claims["sub"]
    check_user_id("sub", user_id)
    scope = claims.get("scope", "")
    scopes = scope.split() if isinstance(scope, str) else scope if isinstance(scope, list) else []
    service = SERVICE_SCOPE in scopes
    return Caller(
        user_id,
        named=not service,
        manages_users=service,
        sees_all=service,
        expires_at=float(claims["exp"]),
    )
