"""JSON Web Tokens: `sub` is the user, `scope` may contain `service`, `exp` is required.

One setting names one algorithm, and with it one family of keys: a token that names another is
refused, so neither `alg=none` nor a public key used as an HMAC secret gets anywhere.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import jwt
from jwt import InvalidAlgorithmError, InvalidKeyError, PyJWKClient, PyJWTError

from app.config import AuthSettings, SettingsError
from app.errors import InvalidParameter, KeySetUnavailable, Unauthenticated
from app.services.core.access import Caller
from app.services.core.rules import check_user_id

SERVICE_SCOPE = "service"
JWKS_LIFESPAN = 300
JWKS_COOLDOWN = 10
"""Seconds. An unknown key id asks for the key set again, but not more often than this."""
FAR_FUTURE = 253_402_300_799
"""The end of the year 9999: an `exp` beyond it is no more than a timer can wait for."""


class TokenVerifier:
    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._algorithm = settings.jwt_algorithm
        self._key_set = _KeySet(settings.jwt_jwks_url) if settings.jwt_jwks_url else None
        self._key = "" if self._key_set else _fixed_key(settings)

    async def verify(self, token: str) -> Caller:
        """Raises Unauthenticated, which never repeats anything of the token, or
        KeySetUnavailable."""
        try:
            claims = jwt.decode(
                token,
                await self._key_for(token),
                algorithms=[self._algorithm],
                audience=self._settings.jwt_audience,
                issuer=self._settings.jwt_issuer,
                leeway=self._settings.jwt_leeway,
                options={
                    "require": ["exp", "sub"],
                    "verify_aud": bool(self._settings.jwt_audience),
                },
            )
        except PyJWTError as error:
            raise Unauthenticated(f"The token is refused: {type(error).__name__}.") from None
        return _caller(claims, self._settings.jwt_leeway)

    async def _key_for(self, token: str) -> Any:
        """A key set is fetched over the network, on a thread, and only for an unknown key id. The
        token names its key, so whether that is of the right kind is asked here."""
        if self._key_set is None:
            return self._key
        header = jwt.get_unverified_header(token)
        if header.get("alg") != self._algorithm:
            raise InvalidAlgorithmError
        found = await asyncio.to_thread(self._key_set.get_signing_key, header.get("kid", ""))
        if found.algorithm_name != self._algorithm:
            raise InvalidKeyError
        return found.key


class _KeySet(PyJWKClient):
    def __init__(self, url: str) -> None:
        super().__init__(url, lifespan=JWKS_LIFESPAN, cooldown_duration=JWKS_COOLDOWN, timeout=5)

    def fetch_data(self) -> Any:
        """Whatever is wrong with the answer, the token that made us ask is not to blame."""
        try:
            return super().fetch_data()
        except (PyJWTError, OSError, ValueError) as error:
            raise KeySetUnavailable from error


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


def _caller(claims: dict[str, Any], leeway: int) -> Caller:
    user_id = claims["sub"]
    try:
        check_user_id("sub", user_id)
    except InvalidParameter as error:
        raise Unauthenticated(f"The token's sub is no user_id: {error.message}") from None
    scope = claims.get("scope", "")
    scopes = scope.split() if isinstance(scope, str) else scope if isinstance(scope, list) else []
    service = SERVICE_SCOPE in scopes
    return Caller(
        user_id,
        named=not service,
        manages_users=service,
        sees_all=service,
        expires_at=float(min(int(claims["exp"]) + leeway, FAR_FUTURE)),
    )
