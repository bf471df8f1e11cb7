import asyncio
import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from im_client.errors import IMClientError, IMTokenError, is_unauthenticated

TokenCallback = Callable[[], Awaitable[str]]

_T = TypeVar("_T")
_CALLBACK_S = 30.0
_MARGIN_S = 60.0
_MARGIN_SHARE = 0.2
_SHORTEST_S = 1.0


class _Claims(msgspec.Struct):
    exp: float | None = None


class Credentials:
    """The caller's token. One from a callback is fetched when it is needed, and replaced when it
    has run out or was refused.
    """

    def __init__(self, token: str | TokenCallback | None) -> None:
        self._callback = token if callable(token) else None
        self._token = None if token is None or callable(token) else _checked(token)
        self._lock = asyncio.Lock()

    @property
    def renewable(self) -> bool:
        return self._callback is not None

    async def authorize(self, attempt: Callable[[str | None], Awaitable[_T]]) -> _T:
        """Runs the attempt with the token; where the server refuses one that was not fetched just
        now, once more with a new one. Raises IMTokenError where the callback has none.
        """
        before = self._token
        token = await self._current()
        try:
            return await attempt(token)
        except IMClientError as exc:
            if token != before or not self.renewable or not is_unauthenticated(exc):
                raise
        return await attempt(await self._other_than(token))

    def discard(self) -> None:
        """The server no longer takes the token: the next call asks for a new one."""
        if self.renewable:
            self._token = None

    async def keep_fresh(
        self, server_time: datetime, renew: Callable[[str], Awaitable[None]]
    ) -> None:
        """Hands a new token to `renew` each time before the old one runs out, by the server's
        clock. Ends where no token ever does, as far as one can see.
        """
        ahead = server_time.timestamp() - time.time()
        while (delay := self._renewal_delay(ahead)) is not None:
            await asyncio.sleep(delay)
            try:
                token = await self._other_than(self._token)
            except IMTokenError:  # asked again soon; in the end the server closes, and says so
                continue
            if token is not None:
                await renew(token)

    def _renewal_delay(self, ahead: float) -> float | None:
        expiry = expiry_of(self._token) if self._token and self.renewable else None
        if expiry is None:
            return None
        remaining = expiry - (time.time() + ahead)
        return max(_SHORTEST_S, remaining - min(_MARGIN_S, remaining * _MARGIN_SHARE))

    async def _current(self) -> str | None:
        expiry = expiry_of(self._token) if self._token else 0.0
        if expiry is not None and expiry <= time.time():
            return await self._other_than(self._token)
        return self._token

    async def _other_than(self, token: str | None) -> str | None:
        """A new one, which somebody else may have fetched meanwhile."""
        async with self._lock:
            if self._callback is not None and self._token == token:
                self._token = await _ask(self._callback)
            return self._token


async def _ask(callback: TokenCallback) -> str:
    """Whatever the program's callback raises, only its type is told on: its words may hold a
    secret.
    """
    try:
        async with asyncio.timeout(_CALLBACK_S):
            return _checked(await callback())
    except Exception as exc:
        raise IMTokenError(f"the token callback failed: {type(exc).__name__}") from exc


def _checked(token: str) -> str:
    if not (token.isascii() and token.isprintable() and token and " " not in token):
        raise ValueError("the token has characters that no token has")
    return token


def expiry_of(token: str) -> float | None:
    """The `exp` of a JWT, in seconds since 1970; None for other tokens. Nothing is verified."""
    try:
        _, payload, _ = token.split(".")
        padded = payload + "=" * (-len(payload) % 4)
        return msgspec.json.decode(urlsafe_b64decode(padded), type=_Claims).exp
    except (ValueError, msgspec.DecodeError):
        return None
