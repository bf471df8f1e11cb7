"""Tokens that run out, and where the next one comes from."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
import pytest

from app.security.tokens import issue_token
from im_client import (
    Connected,
    IMClient,
    IMClosedError,
    IMError,
    IMTokenError,
    MessageSent,
    Reconnecting,
)
from im_client.credentials import expiry_of
from tests.im_client.scripted import ScriptedServer, client_of, collect, frame, seqs
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service

SECRET = "s" * 32
EXPIRED = {"code": "UNAUTHENTICATED", "number": 5001, "message": "Expired."}


class Tokens:
    """A callback that gives t1, t2, … and counts."""

    def __init__(self) -> None:
        self.given = 0

    async def __call__(self) -> str:
        self.given += 1
        return f"t{self.given}"


@pytest.fixture
def jwt_server(sqlite_files: SqliteFiles) -> Iterator[RunningServer]:
    settings: dict[str, Any] = {"auth_mode": "jwt", "jwt_secret": SECRET, "jwt_leeway": 0}
    with run_service(database_url=sqlite_files.new(), **settings) as server:
        yield server


def jwt_of(payload: bytes) -> str:
    return f"e30.{urlsafe_b64encode(payload).decode().rstrip('=')}.signature"


def used(scripted: ScriptedServer) -> list[str | None]:
    """The tokens that the server was shown, in order."""
    return [request.headers.get("Authorization") for request in scripted.requests]


async def test_a_token_is_renewed_on_the_live_connection(
    jwt_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs out within two seconds; the connection outlives it, though the first call for another
    token fails.
    """
    monkeypatch.setattr("im_client.credentials._SHORTEST_S", 0.05)
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise OSError
        return issue_token(SECRET, "HS256", "pat", service=False, ttl=2 if asked == 1 else 3600)

    async with IMClient(jwt_server.url, "pat", token, backoff_base=0.02) as client:
        await client.connect()
        await asyncio.sleep(2.1)
        sent = await client.send(None, "still here")
        events = [event async for event in _until(client, sent.seq)]

    assert asked == 3
    assert not any(isinstance(event, Reconnecting) for event in events)


async def _until(client: IMClient, seq: int) -> Any:
    async for event in client.events():
        yield event
        if isinstance(event, MessageSent) and event.seq == seq:
            return


async def test_a_token_that_ran_out_meanwhile_is_replaced(jwt_server: RunningServer) -> None:
    """Over HTTP as on the socket; the server's word counts, not the clock here."""
    stale = issue_token(SECRET, "HS256", "pat", service=False, ttl=-5)
    fresh = issue_token(SECRET, "HS256", "pat", service=False, ttl=60)
    tokens = iter([stale, fresh])

    async def token() -> str:
        return next(tokens)

    async with IMClient(jwt_server.url, "pat", token) as client:
        with pytest.raises(IMError, match="5001"):  # fetched just now, and refused
            await client.groups()
        assert await client.groups() == []
        await client.connect()
        assert (await client.send(None, "hi")).from_user_id == "pat"


async def test_a_wrong_token_is_told_in_the_servers_words(jwt_server: RunningServer) -> None:
    async with IMClient(jwt_server.url, "pat", "nonsense") as client:
        with pytest.raises(IMClosedError, match="token") as raised:
            await client.connect()

    assert "nonsense" not in str(raised.value)


async def test_a_close_for_the_token_is_followed_by_another_token(
    scripted: ScriptedServer,
) -> None:
    scripted.scripts = [
        scripted.says(scripted.connected(0), close=4500),
        scripted.says(scripted.connected(0), scripted.live(1)),
    ]

    async with client_of(scripted, token=Tokens()) as client:
        await client.connect()
        assert seqs(await collect(client, 1)) == [1]

    assert used(scripted) == ["Bearer t1", "Bearer t2"]


async def test_a_fresh_token_that_is_refused_too_ends_it(scripted: ScriptedServer) -> None:
    refused = scripted.says(frame("error", **EXPIRED), close=4500)
    scripted.scripts = [scripted.says(scripted.connected(0), close=4500), refused]

    async with client_of(scripted, token=Tokens()) as client:
        await client.connect()
        with pytest.raises(IMClosedError, match=r"Expired\. \(4500\)"):
            await collect(client, 1)

    assert used(scripted) == ["Bearer t1", "Bearer t2"]


async def test_a_known_token_that_a_handshake_refuses_is_replaced(
    scripted: ScriptedServer,
) -> None:
    """A gateway in front may say 401 where the server would close with 4500."""
    scripted.handshakes = [HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, HTTPStatus.OK]
    scripted.scripts = [
        scripted.says(scripted.connected(0), close=4001),
        scripted.says(scripted.connected(0), scripted.live(1)),
    ]

    async with client_of(scripted, token=Tokens()) as client:
        await client.connect()
        assert seqs(await collect(client, 1)) == [1]

    assert used(scripted) == ["Bearer t1", "Bearer t1", "Bearer t2"]


async def test_a_fixed_token_cannot_be_replaced(scripted: ScriptedServer) -> None:
    scripted.scripts = [scripted.says(scripted.connected(0), close=4500)]

    async with client_of(scripted, token="fixed") as client:
        await client.connect()
        with pytest.raises(IMClosedError):
            await collect(client, 1)

    assert scripted.opened == 1


async def test_a_jwt_that_ran_out_is_not_shown_again(scripted: ScriptedServer) -> None:
    old = jwt_of(b'{"exp":1}')
    tokens = iter([old, "fresh"])

    async def token() -> str:
        return next(tokens)

    async with client_of(scripted, token=token) as client:
        await client.history("g", after_seq=0)
        await client.history("g", after_seq=0)

    assert used(scripted) == [f"Bearer {old}", "Bearer fresh"]


async def test_calls_refused_together_fetch_one_token(scripted: ScriptedServer) -> None:
    tokens = Tokens()
    async with client_of(scripted, token=tokens) as client:
        await client.history("g", after_seq=0)
        scripted.answers = [(HTTPStatus.UNAUTHORIZED, "")] * 5
        await asyncio.gather(*(client.history("g", after_seq=0) for _ in range(5)))

    assert tokens.given == 2


async def test_a_call_is_repeated_once_only(scripted: ScriptedServer) -> None:
    async with client_of(scripted, token=Tokens()) as client:
        await client.history("g", after_seq=0)
        scripted.answers = [(HTTPStatus.UNAUTHORIZED, "")] * 3
        with pytest.raises(IMError, match="HTTP_401"):
            await client.history("g", after_seq=0)

    assert len(scripted.answers) == 1


async def test_a_callback_that_fails_is_told_without_its_words(scripted: ScriptedServer) -> None:
    async def token() -> str:
        raise OSError("secret")

    async with client_of(scripted, token=token) as client:
        with pytest.raises(IMTokenError) as raised:
            await client.connect()

    assert str(raised.value) == "the token callback failed: OSError"
    assert isinstance(raised.value.__cause__, OSError)


async def test_a_callback_that_fails_for_a_moment_is_asked_again(
    scripted: ScriptedServer,
) -> None:
    """Whoever gives the tokens may be restarting too."""
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise OSError
        return f"t{asked}"

    scripted.scripts = [
        scripted.says(scripted.connected(0), close=4500),
        scripted.says(scripted.connected(0), scripted.live(1)),
    ]
    async with client_of(scripted, token=token) as client:
        await client.connect()
        events = await collect(client, 1)

    reasons = [event.reason for event in events if isinstance(event, Reconnecting)]
    assert reasons[1:] == ["the token callback failed: OSError"]
    assert isinstance(events[-2], Connected)


@pytest.mark.parametrize("token", ["", "a b", "é", "a\r\nX: y"])
async def test_what_fits_no_header_is_refused_without_being_shown(
    scripted: ScriptedServer, token: str
) -> None:
    with pytest.raises(ValueError, match=r"^the token has characters that no token has$"):
        client_of(scripted, token=token)

    async def callback() -> str:
        return token

    async with client_of(scripted, token=callback) as client:
        with pytest.raises(IMTokenError, match="ValueError"):
            await client.connect()


@pytest.mark.parametrize("exp", [1_900_000_000, 1_900_000_000.5])
def test_the_end_of_a_jwt_is_read(exp: float) -> None:
    assert expiry_of(jwt_of(msgspec.json.encode({"sub": "u", "exp": exp}))) == exp


@pytest.mark.parametrize(
    "token", ["opaque", "a.b", "a.b.c", "..", jwt_of(b"{}"), jwt_of(b"[]"), jwt_of(b'{"exp":"x"}')]
)
def test_other_tokens_have_no_end_that_one_could_see(token: str) -> None:
    assert expiry_of(token) is None
