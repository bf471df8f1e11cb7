"""One connection after another, as the server's words and codes want it."""

import asyncio
from http import HTTPStatus

import pytest

from im_client import (
    Connected,
    ErrorFrame,
    IMClosedError,
    IMConnectionError,
    IMError,
    IMProtocolError,
    IMUnacknowledgedError,
    MemberRemoved,
    MessageSent,
    Reconnecting,
    UnknownEvent,
)
from tests.im_client.scripted import ScriptedServer, client_of, collect, frame, seqs


async def test_a_refused_greeting_is_told_in_the_servers_words(scripted: ScriptedServer) -> None:
    """The error frame before the close says more than the close's short reason."""
    error = frame("error", code="UNAUTHENTICATED", number=5001, message="Expired.")
    scripted.scripts = [scripted.says(error, close=4500)]

    async with client_of(scripted) as client:
        with pytest.raises(IMClosedError, match=r"Expired\. \(4500\)"):
            await client.connect()


async def test_a_first_attempt_that_is_sent_away_is_not_repeated(scripted: ScriptedServer) -> None:
    scripted.scripts = [scripted.says(close=4013)]

    async with client_of(scripted) as client:
        with pytest.raises(IMConnectionError, match="4013"):
            await client.connect()

    assert scripted.opened == 1


async def test_the_answer_to_a_repeated_send_is_no_new_event(scripted: ScriptedServer) -> None:
    scripted.scripts = [
        scripted.says(scripted.connected(None), scripted.live(2, duplicate=True), scripted.live(5))
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 5)) == [5]


async def test_frames_of_a_newer_server_are_passed_on(scripted: ScriptedServer) -> None:
    unknown = frame("typing", who="x")
    scripted.scripts = [scripted.says(scripted.connected(0), unknown, scripted.live(1))]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    assert isinstance(events[1], UnknownEvent)
    assert events[1].raw["who"] == "x"


async def test_errors_that_name_no_send_are_events(scripted: ScriptedServer) -> None:
    error = frame("error", code="FORBIDDEN", number=5002, message="no")
    scripted.scripts = [scripted.says(scripted.connected(0), error, scripted.live(1))]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    assert isinstance(events[1], ErrorFrame)


async def test_leaving_and_joining_again_starts_anew(scripted: ScriptedServer) -> None:
    removed = frame("member_removed", group_id="g", user_id="u", user_role="PATIENT")
    scripted.scripts = [scripted.says(scripted.connected(1), removed, scripted.live(9))]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 9)

    assert [type(event) for event in events] == [Connected, MemberRemoved, MessageSent]


@pytest.mark.parametrize("code", [4500, 4999])
async def test_a_final_close_is_not_followed_by_another_attempt(
    scripted: ScriptedServer, code: int
) -> None:
    scripted.scripts = [scripted.says(scripted.connected(0), close=code)]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMClosedError) as raised:
            await collect(client, 1)
        with pytest.raises(IMClosedError):
            await client.send("g", "hi")

    assert (raised.value.code, scripted.opened) == (code, 1)


@pytest.mark.parametrize("code", [1000, 1011, 3000, 4000, 4499])
async def test_other_closes_are_followed_by_another_attempt(
    scripted: ScriptedServer, code: int
) -> None:
    scripted.scripts = [
        scripted.says(scripted.connected(0), close=code),
        scripted.says(scripted.connected(0), scripted.live(1)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    reconnecting = next(event for event in events if isinstance(event, Reconnecting))
    assert str(code) in reconnecting.reason
    assert 0 <= reconnecting.delay <= 0.02


async def test_who_is_sent_away_again_and_again_comes_back_ever_later(
    scripted: ScriptedServer,
) -> None:
    """To be let in for a moment is no reason to begin anew with short delays."""
    sent_away = scripted.says(scripted.connected(0), close=4013)
    scripted.scripts = [sent_away] * 7 + [scripted.says(scripted.connected(0), scripted.live(1))]

    async with client_of(scripted, backoff_base=0.01, backoff_cap=10) as client:
        await client.connect()
        events = await collect(client, 1)

    delays = [event.delay for event in events if isinstance(event, Reconnecting)]
    assert max(delays) > 0.01


async def test_attempts_go_on_until_one_succeeds(scripted: ScriptedServer) -> None:
    scripted.handshakes = [
        HTTPStatus.OK,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.OK,
    ]
    scripted.scripts = [
        scripted.says(scripted.connected(0), close=4001),
        scripted.says(scripted.connected(0), scripted.live(1)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    assert sum(isinstance(event, Reconnecting) for event in events) == 3


async def test_a_refused_handshake_ends_the_attempts(scripted: ScriptedServer) -> None:
    scripted.handshakes = [HTTPStatus.OK, HTTPStatus.FORBIDDEN]
    scripted.scripts = [scripted.says(scripted.connected(0), close=4001)]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMError, match="HTTP_403"):
            await collect(client, 1)


async def test_an_unreadable_answer_is_a_breach_of_the_protocol(scripted: ScriptedServer) -> None:
    scripted.answers = [(HTTPStatus.OK, "<html>")]

    async with client_of(scripted) as client:
        with pytest.raises(IMProtocolError, match="/api/message/list"):
            await client.history("g", after_seq=0)


async def test_closing_ends_sends_and_events(scripted: ScriptedServer) -> None:
    scripted.scripts = [scripted.says(scripted.connected(0))]
    client = client_of(scripted)
    await client.connect()
    sending = asyncio.create_task(client.send("g", "hi"))
    await asyncio.sleep(0.05)

    await client.close()

    with pytest.raises(IMUnacknowledgedError, match="closed by this client"):
        await sending
    assert [type(event) async for event in client.events()] == [Connected]


async def test_closing_at_once_leaves_nothing_open(scripted: ScriptedServer) -> None:
    scripted.scripts = [scripted.says(scripted.connected(0))]
    client = client_of(scripted)
    await client.connect()

    await client.close()
    await client.close()

    assert [type(event) async for event in client.events()] in ([], [Connected])


async def test_a_client_connects_once(scripted: ScriptedServer) -> None:
    scripted.scripts = [scripted.says(scripted.connected(0))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(RuntimeError, match="make a new one"):
            await client.connect()
