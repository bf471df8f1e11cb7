"""Who is calling, in either mode, for HTTP and sockets alike."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

import msgspec

from app.config import AuthSettings
from app.db.session import AsyncDoor
from app.errors import Forbidden, InvalidParameter, Unauthenticated
from app.models.enums import UserRole
from app.security.tickets import Tickets
from app.security.tokens import TokenVerifier
from app.services.core.access import Caller
from app.services.core.rules import check_user_id
from app.services.core.user_service import UserService
from app.utils.address import is_loopback

DEFAULT_USER = "default_user"
MAX_KNOWN = 100_000


class Identity:
    def __init__(
        self,
        settings: AuthSettings,
        door: AsyncDoor,
        origins: Collection[str] = (),
        tickets: Tickets | None = None,
    ) -> None:
        self._settings = settings
        self._origins = origins
        self._door = door
        self._verifier = TokenVerifier(settings) if settings.auth_mode == "jwt" else None
        self._known: set[str] = set()
        self.tickets = tickets or Tickets()

    @property
    def open(self) -> bool:
        return self._verifier is None

    @property
    def known(self) -> int:
        """How many users need not be looked up."""
        return len(self._known)

    def check_network(self, client_host: str | None, headers: Mapping[str, str]) -> None:
        """In open mode anybody may be anybody, so only this machine may call, and no web page of
        somebody else through this machine's browser: its Origin gives it away, or, where it has
        made its own name point here, the Host. Raises Forbidden."""
        if self._verifier or self._settings.allow_open_network:
            return
        if not is_loopback(client_host):
            raise Forbidden(
                "AUTH_MODE=open answers this machine only. Set AUTH_MODE=jwt, or, on a network "
                "where everybody may read everything, ALLOW_OPEN_NETWORK=1."
            )
        if not is_loopback(_host_in(f"//{headers.get('host', 'localhost')}")):
            raise Forbidden("AUTH_MODE=open answers to localhost only, not to another Host.")
        origin = headers.get("origin")
        if origin and not (is_loopback(_host_in(origin) or origin) or self._allows(origin)):
            raise Forbidden("This web origin is not in CORS_ORIGINS.")

    def _allows(self, origin: str) -> bool:
        return origin in self._origins or "*" in self._origins

    async def of_headers(self, headers: Mapping[str, str]) -> Caller:
        """Raises Unauthenticated, or InvalidParameter for an X-User-Id that is no user_id."""
        name = _named_in(headers)
        if self._verifier is None:
            return await self.of_user(name)
        caller = await self.of_token(_bearer(headers))
        if name is None:
            return caller
        if name != caller.user_id and not caller.sees_all:
            raise Forbidden("Only a token with the scope `service` may act for another user.")
        return await self._known_user(msgspec.structs.replace(caller, user_id=name, named=True))

    async def of_user(self, user_id: str | None) -> Caller:
        """Open mode: the named user, or `default_user`; new users are created on first use."""
        return await self._known_user(
            Caller(
                user_id or DEFAULT_USER,
                named=user_id is not None,
                manages_users=True,
                sees_sessions=user_id is None,
            )
        )

    async def of_token(self, token: str) -> Caller:
        if self._verifier is None:
            raise Unauthenticated("This service runs with AUTH_MODE=open and takes no tokens.")
        return await self._known_user(await self._verifier.verify(token))

    async def _known_user(self, caller: Caller) -> Caller:
        if caller.user_id not in self._known:
            role = UserRole.DOCTOR if caller.user_id == DEFAULT_USER else UserRole.PATIENT
            await self._door.run(lambda db: UserService(db).ensure_user(caller.user_id, role))
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known.add(caller.user_id)
        return caller


def _named_in(headers: Mapping[str, str]) -> str | None:
    """Servers hand headers on as Latin-1; what stands in them is UTF-8, as in paths, so that one
    user has one name everywhere."""
    value = headers.get("x-user-id")
    if value is None:
        return None
    try:
        name = value.encode("latin-1").decode()
    except UnicodeError:
        raise InvalidParameter("X-User-Id is not UTF-8.", field="X-User-Id") from None
    check_user_id("X-User-Id", name)
    return name


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send the header `Authorization: Bearer <token>`.")
    return token.strip()


def _host_in(url: str) -> str:
    """Empty where there is none, which is no loopback address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
