"""Who may open a socket with AUTH_MODE=jwt, and for how long."""

import asyncio
import time
from collections.abc import Iterator
from uuid import uuid4

import jwt
import pytest

from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import RawSocket, open_socket
from tests.websocket.clinic import Clinic, silent

SECRET = "a secret of no less than thirty-two bytes"
AUTH_TIMEOUT = 0.4


@pytest.fixture(scope="module")
def server(sqlite_files: SqliteFiles) -> Iterator[RunningServer]:
    with run_service(
        database_url=sqlite_files.new(),
        auth_mode="jwt",
        jwt_secret=SECRET,
        jwt_leeway=0,
        ws_auth_timeout=AUTH_TIMEOUT,
    ) as running:
        yield running


@pytest.fixture
def clinic(server: RunningServer) -> Clinic:
    return Clinic(server, uuid4().hex[:12])


def token(user_id: str, ttl: float = 60, scope: str = "", secret: str = SECRET) -> str:
    claims = {"sub": user_id, "exp": time.time() + ttl, "scope": scope}
    return jwt.encode(claims, secret, algorithm="HS256")


async def refused(socket: RawSocket) -> tuple[int, int]:
    """The error's number and the close code; nothing comes in between."""
    error = await socket.receive()
    assert error["type"] == "error"
    return error["number"], await socket.closed()


async def test_header(clinic: Clinic) -> None:
    """A native client sends its token with the handshake and is greeted at once."""
    pat = clinic.id("pat")
    async with open_socket(clinic.server.ws_url, pat, token=token(pat)) as socket:
        assert socket.connected["user_id"] == pat
        await socket.send(type="send_message", content="x")
        assert (await socket.receive("message_sent"))["from_user_id"] == pat


async def test_first_frame(clinic: Clinic) -> None:
    """Or in its first frame; until then it hears nothing."""
    pat = clinic.id("pat")
    async with open_socket(clinic.server.ws_url, pat, greeted=False) as socket:
        await socket.send(type="auth", token=token(pat))
        assert (await socket.receive())["type"] == "connected"


async def test_no_frame(clinic: Clinic) -> None:
    """Who does not say who it is in time is told 5001 and closed with 4500."""
    async with open_socket(clinic.server.ws_url, clinic.id("pat"), greeted=False) as socket:
        began = time.monotonic()
        assert await refused(socket) == (5001, 4500)
        assert AUTH_TIMEOUT * 0.9 < time.monotonic() - began < 5


@pytest.mark.parametrize(
    "first",
    ['{"type":"ping"}', '{"type":"send_message","content":"x"}', "hello", '{"type":"auth"}', b"{}"],
)
async def test_first_frame_that_is_no_token(clinic: Clinic, first: str | bytes) -> None:
    """Whatever else comes first is refused like a missing token, and has no effect."""
    async with open_socket(clinic.server.ws_url, clinic.id("pat"), greeted=False) as socket:
        await socket.connection.send(first)
        assert await refused(socket) == (5001, 4500)


def bad_tokens(user_id: str) -> dict[str, str]:
    unsigned = jwt.encode({"sub": user_id, "exp": time.time() + 60}, "", algorithm="none")
    endless = jwt.encode({"sub": user_id}, SECRET, algorithm="HS256")
    return {
        "expired": token(user_id, ttl=-5),
        "signed by somebody else": token(user_id, secret="x" * 40),
        "unsigned": unsigned,
        "without an end": endless,
        "no token": "nonsense",
    }


@pytest.mark.parametrize("fault", sorted(bad_tokens("")))
@pytest.mark.parametrize("by_header", [True, False])
async def test_bad_token(clinic: Clinic, fault: str, by_header: bool) -> None:
    """Is told 5001 and closed with 4500, whichever way it came."""
    pat = clinic.id("pat")
    bad = bad_tokens(pat)[fault]
    header = bad if by_header else None
    async with open_socket(clinic.server.ws_url, pat, token=header, greeted=False) as socket:
        if not by_header:
            await socket.send(type="auth", token=bad)
        assert await refused(socket) == (5001, 4500)


@pytest.mark.parametrize("by_header", [True, False])
async def test_token_of_somebody_else(clinic: Clinic, by_header: bool) -> None:
    """The path is the token's own user: anything else is told 5002 and closed with 4503."""
    eve = token(clinic.id("eve"))
    header = eve if by_header else None
    async with open_socket(
        clinic.server.ws_url, clinic.id("pat"), token=header, greeted=False
    ) as socket:
        if not by_header:
            await socket.send(type="auth", token=eve)
        assert await refused(socket) == (5002, 4503)


async def test_path_that_is_no_user_id(clinic: Clinic) -> None:
    """Is refused before anybody is asked for a token."""
    async with open_socket(clinic.server.ws_url, "x" * 49, greeted=False) as socket:
        assert await refused(socket) == (1004, 4501)


async def test_token_in_the_address(clinic: Clinic) -> None:
    """Is not taken: addresses end in logs."""
    pat = clinic.id("pat")
    async with open_socket(
        clinic.server.ws_url, pat, query=f"?token={token(pat)}", greeted=False
    ) as socket:
        assert await refused(socket) == (5001, 4500)


async def test_service(clinic: Clinic) -> None:
    """The developer's own backend may be anyone, and speaks as that user."""
    pat = clinic.id("pat")
    backend = token("backend", scope="service")
    async with open_socket(clinic.server.ws_url, pat, token=backend) as socket:
        assert socket.connected["user_id"] == pat
        await socket.send(type="send_message", content="x")
        assert (await socket.receive("message_sent"))["from_user_id"] == pat


async def test_ticket(clinic: Clinic) -> None:
    """A browser fetches a ticket with its token and opens a socket with it, once."""
    pat = clinic.id("pat")
    async with clinic.server.http(token=token(pat)) as http:
        ticket = (await http.post("/api/ws-ticket")).json()["ticket"]
    async with open_socket(clinic.server.ws_url, pat, query=f"?ticket={ticket}") as socket:
        assert socket.connected["user_id"] == pat
    async with open_socket(
        clinic.server.ws_url, pat, query=f"?ticket={ticket}", greeted=False
    ) as socket:
        assert await refused(socket) == (5001, 4500)


async def test_ticket_of_somebody_else(clinic: Clinic) -> None:
    """Is refused like a token of somebody else, and used up."""
    async with clinic.server.http(token=token(clinic.id("eve"))) as http:
        ticket = (await http.post("/api/ws-ticket")).json()["ticket"]
    query = f"?ticket={ticket}"
    async with open_socket(
        clinic.server.ws_url, clinic.id("pat"), query=query, greeted=False
    ) as socket:
        assert await refused(socket) == (5002, 4503)
    async with open_socket(
        clinic.server.ws_url, clinic.id("eve"), query=query, greeted=False
    ) as socket:
        assert await refused(socket) == (5001, 4500)


async def test_token_that_ends(clinic: Clinic) -> None:
    """When the token ends, so does the connection, with 4500."""
    pat = clinic.id("pat")
    async with open_socket(clinic.server.ws_url, pat, token=token(pat, ttl=1.2)) as socket:
        assert await silent(socket)
        assert await socket.closed() == 4500


async def test_ticket_ends_with_its_token(clinic: Clinic) -> None:
    """A socket opened by a ticket lives no longer than the token the ticket was given for."""
    pat = clinic.id("pat")
    async with clinic.server.http(token=token(pat, ttl=1.5)) as http:
        ticket = (await http.post("/api/ws-ticket")).json()["ticket"]
    async with open_socket(clinic.server.ws_url, pat, query=f"?ticket={ticket}") as socket:
        assert await socket.closed() == 4500


async def test_renewal(clinic: Clinic) -> None:
    """A new token on the live connection lets it go on past the end of the first."""
    pat = clinic.id("pat")
    async with open_socket(clinic.server.ws_url, pat, token=token(pat, ttl=1.2)) as socket:
        await socket.send(type="auth", token=token(pat))
        await asyncio.sleep(1.4)
        assert await silent(socket)


async def test_renewal_that_is_refused(clinic: Clinic) -> None:
    """Is told so; the connection lives on, and ends when its first token does."""
    pat = clinic.id("pat")
    async with open_socket(clinic.server.ws_url, pat, token=token(pat, ttl=1.5)) as socket:
        await socket.send(type="auth", token="nonsense")
        assert (await socket.receive("error"))["number"] == 5001
        await socket.send(type="auth", token=token(clinic.id("eve")))
        assert (await socket.receive("error"))["number"] == 5002
        assert await silent(socket)
        assert await socket.closed() == 4500


async def test_gone_before_saying_who(clinic: Clinic) -> None:
    """A client that leaves without a token leaves nothing behind."""
    async with open_socket(clinic.server.ws_url, clinic.id("pat"), greeted=False):
        pass
    assert clinic.server.container.hub.connection_count == 0


async def test_token_opens_no_group(clinic: Clinic) -> None:
    """Who may connect still hears and sends only where the database says so."""
    group = await clinic.group("dora")
    eve = clinic.id("eve")
    async with open_socket(clinic.server.ws_url, eve, token=token(eve)) as socket:
        assert socket.connected["groups"] == {}
        await socket.send(type="send_message", group_id=group, content="x")
        assert (await socket.receive("error"))["number"] == 3001
