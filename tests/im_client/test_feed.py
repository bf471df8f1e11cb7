from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import ServerConnection

from im_client import (
    Connected,
    ErrorFrame,
    Event,
    IMClient,
    IMClosedError,
    IMConnectionError,
    IMError,
    IMProtocolError,
    IMUnacknowledgedError,
    MemberRemoved,
    MessageSent,
    Pong,
    Reconnecting,
    UnknownEvent,
)

if TYPE_CHECKING:
    from tests.im_client.conftest import ScriptedServer


class Says:
    """Sends these frames, then closes with the code, or listens for ever."""

    def __init__(self, *frames: str, close: int | None = None) -> None:
        self._frames = frames
        self._close = close

    async def __call__(self, socket: ServerConnection) -> None:
        for frame in self._frames:
            await socket.send(frame)
        if self._close is not None:
            await socket.close(self._close)
        await socket.wait_closed()


def client_of(server: ScriptedServer, **options: Any) -> IMClient:
    return IMClient(server.url, "u", backoff_base=0.02, backoff_cap=0.05, **options)


async def collect(client: IMClient, last_seq: int) -> list[Event]:
    """Everything up to the message with this seq."""
    seen: list[Event] = []
    async with asyncio.timeout(10):
        async for event in client.events():
            seen.append(event)
            if isinstance(event, MessageSent) and event.seq == last_seq:
                break
    return seen


def seqs(events: list[Event]) -> list[int]:
    return [event.seq for event in events if isinstance(event, MessageSent)]


async def test_missed_messages_come_before_live_ones_and_once(scripted: ScriptedServer) -> None:
    """The second connection repeats what history has already told."""
    scripted.stored = list(range(1, 10))
    scripted.scripts = [
        Says(scripted.connected(3), scripted.live(4), close=4001),
        Says(scripted.connected(7), *(scripted.live(seq) for seq in (8, 9, 10))),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 10)

    assert seqs(events) == [4, 5, 6, 7, 8, 9, 10]
    kinds = [type(event) for event in events]
    assert kinds[:5] == [Connected, MessageSent, Reconnecting, Connected, MessageSent]


async def test_a_long_absence_is_fetched_in_pages(scripted: ScriptedServer) -> None:
    scripted.stored = list(range(1, 251))
    scripted.scripts = [
        Says(scripted.connected(0), close=4001),
        Says(scripted.connected(250), scripted.live(251)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 251)

    assert seqs(events) == list(range(1, 252))
    assert scripted.pages == [0, 100, 200]


async def test_a_frame_left_out_is_fetched(scripted: ScriptedServer) -> None:
    scripted.stored = [1, 2, 3]
    scripted.scripts = [Says(scripted.connected(0), scripted.live(1), scripted.live(4))]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 4)) == [1, 2, 3, 4]


async def test_history_that_fails_for_a_moment_is_asked_again(scripted: ScriptedServer) -> None:
    """The connection is given up and opened again, after a delay; nothing is skipped."""
    scripted.stored = [1, 2]
    scripted.answers = [(HTTPStatus.SERVICE_UNAVAILABLE, "down")] * 2
    scripted.scripts = [
        Says(scripted.connected(0), close=4001),
        Says(scripted.connected(2), scripted.live(3)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 3)

    assert seqs(events) == [1, 2, 3]
    assert sum(isinstance(event, Reconnecting) for event in events) == 3


async def test_history_with_a_hole_ends_the_events(scripted: ScriptedServer) -> None:
    scripted.stored = [1, 3]
    scripted.scripts = [Says(scripted.connected(0), scripted.live(4))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMProtocolError, match="seq 3 follows 1"):
            await collect(client, 4)


async def test_history_that_ends_too_early_ends_the_events(scripted: ScriptedServer) -> None:
    scripted.scripts = [Says(scripted.connected(1), scripted.live(3))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMProtocolError, match="history ends at 1, the head is 2"):
            await collect(client, 3)


async def test_another_database_starts_at_its_present(scripted: ScriptedServer) -> None:
    scripted.scripts = [
        Says(scripted.connected(50), close=4001),
        Says(scripted.connected(2, epoch="e2"), scripted.live(3)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 3)) == [3]


async def test_a_group_joined_while_away_is_told_from_its_beginning(
    scripted: ScriptedServer,
) -> None:
    scripted.stored = [1, 2]
    scripted.scripts = [
        Says(scripted.connected(None), close=4001),
        Says(scripted.connected(2), scripted.live(3)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 3)) == [1, 2, 3]


async def test_a_group_lost_during_the_catching_up_is_let_go(scripted: ScriptedServer) -> None:
    """History answers 404 to somebody who has just been removed."""
    gone = {"code": "GROUP_NOT_FOUND", "number": 3001, "message": "no such group"}
    scripted.answers = [(HTTPStatus.NOT_FOUND, json.dumps({"error": gone}))]
    scripted.scripts = [
        Says(scripted.connected(0), close=4001),
        Says(scripted.connected(2), scripted.frame("pong")),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        async with asyncio.timeout(10):
            kinds = [type(await anext(client.events())) for _ in range(4)]

    assert kinds == [Connected, Reconnecting, Connected, Pong]


async def test_a_refused_history_ends_the_events(scripted: ScriptedServer) -> None:
    scripted.answers = [(HTTPStatus.UNAUTHORIZED, "")]
    scripted.scripts = [Says(scripted.connected(0), scripted.live(2))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMError, match="HTTP_401"):
            await collect(client, 2)


async def test_a_refused_greeting_is_told_in_the_servers_words(scripted: ScriptedServer) -> None:
    """The error frame before the close says more than the close's short reason."""
    error = scripted.frame("error", code="UNAUTHENTICATED", number=5001, message="Expired.")
    scripted.scripts = [Says(error, close=4500)]

    async with client_of(scripted) as client:
        with pytest.raises(IMClosedError, match=r"Expired\. \(4500\)"):
            await client.connect()


async def test_a_first_attempt_that_is_sent_away_is_not_repeated(scripted: ScriptedServer) -> None:
    scripted.scripts = [Says(close=4013)]

    async with client_of(scripted) as client:
        with pytest.raises(IMConnectionError, match="4013"):
            await client.connect()

    assert scripted.opened == 1


async def test_the_answer_to_a_repeated_send_is_no_new_event(scripted: ScriptedServer) -> None:
    scripted.scripts = [
        Says(scripted.connected(None), scripted.live(2, duplicate=True), scripted.live(5))
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 5)) == [5]


async def test_frames_of_a_newer_server_are_passed_on(scripted: ScriptedServer) -> None:
    unknown = scripted.frame("typing", who="x")
    scripted.scripts = [Says(scripted.connected(0), unknown, scripted.live(1))]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    assert isinstance(events[1], UnknownEvent)
    assert events[1].raw["who"] == "x"


async def test_errors_that_name_no_send_are_events(scripted: ScriptedServer) -> None:
    error = scripted.frame("error", code="FORBIDDEN", number=5002, message="no")
    scripted.scripts = [Says(scripted.connected(0), error, scripted.live(1))]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    assert isinstance(events[1], ErrorFrame)


async def test_leaving_and_joining_again_starts_anew(scripted: ScriptedServer) -> None:
    removed = scripted.frame("member_removed", group_id="g", user_id="u", user_role="PATIENT")
    scripted.scripts = [Says(scripted.connected(1), removed, scripted.live(9))]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 9)

    assert [type(event) for event in events] == [Connected, MemberRemoved, MessageSent]


@pytest.mark.parametrize("code", [4500, 4999])
async def test_a_final_close_is_not_followed_by_another_attempt(
    scripted: ScriptedServer, code: int
) -> None:
    scripted.scripts = [Says(scripted.connected(0), close=code)]

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
        Says(scripted.connected(0), close=code),
        Says(scripted.connected(0), scripted.live(1)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    reconnecting = next(event for event in events if isinstance(event, Reconnecting))
    assert str(code) in reconnecting.reason
    assert 0 <= reconnecting.delay <= 0.02


async def test_attempts_go_on_until_one_succeeds(scripted: ScriptedServer) -> None:
    scripted.handshakes = [
        HTTPStatus.OK,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.OK,
    ]
    scripted.scripts = [
        Says(scripted.connected(0), close=4001),
        Says(scripted.connected(0), scripted.live(1)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 1)

    assert sum(isinstance(event, Reconnecting) for event in events) == 3


async def test_a_refused_handshake_ends_the_attempts(scripted: ScriptedServer) -> None:
    scripted.handshakes = [HTTPStatus.OK, HTTPStatus.FORBIDDEN]
    scripted.scripts = [Says(scripted.connected(0), close=4001)]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMError, match="HTTP_403"):
            await collect(client, 1)


async def test_an_unreadable_answer_is_a_breach_of_the_protocol(scripted: ScriptedServer) -> None:
    scripted.answers = [(HTTPStatus.OK, "<html>")]

    async with client_of(scripted) as client:
        with pytest.raises(IMProtocolError, match="/api/message/list"):
            await client.history("g", after_seq=0)


async def test_a_send_on_a_lost_connection_is_unknown_and_keeps_its_id(
    scripted: ScriptedServer,
) -> None:
    async def hang_up(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(0))
        await socket.recv()
        await socket.close(4001)

    scripted.scripts = [hang_up, Says(scripted.connected(0))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMUnacknowledgedError, match="4001") as raised:
            await client.send("g", "hi", client_msg_id="mine")

    assert raised.value.client_msg_id == "mine"


async def test_a_send_that_nobody_acknowledges_ends(scripted: ScriptedServer) -> None:
    scripted.scripts = [Says(scripted.connected(0))]

    async with client_of(scripted, ack_timeout=0.05) as client:
        await client.connect()
        with pytest.raises(IMUnacknowledgedError, match=r"within 0\.05 s"):
            await client.send("g", "hi")


async def test_a_send_between_connections_is_refused_at_once(scripted: ScriptedServer) -> None:
    scripted.scripts = [Says(scripted.connected(0), close=4001)]

    async with IMClient(scripted.url, "u", backoff_base=15) as client:
        await client.connect()
        async for event in client.events():
            if isinstance(event, Reconnecting):
                break
        with pytest.raises(IMConnectionError, match="not connected"):
            await client.send("g", "hi")


async def test_a_frame_above_the_servers_limit_is_not_sent(scripted: ScriptedServer) -> None:
    """The server would close the connection for good."""
    scripted.scripts = [Says(scripted.connected(0))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMError, match="at most 65536 bytes") as raised:
            await client.send("g", "x" * 65536)

    assert raised.value.number == 1006


async def test_closing_ends_sends_and_events(scripted: ScriptedServer) -> None:
    scripted.scripts = [Says(scripted.connected(0))]
    client = client_of(scripted)
    await client.connect()
    sending = asyncio.create_task(client.send("g", "hi"))
    await asyncio.sleep(0.05)

    await client.close()

    with pytest.raises(IMUnacknowledgedError, match="closed by this client"):
        await sending
    assert [type(event) async for event in client.events()] == [Connected]


async def test_closing_at_once_leaves_nothing_open(scripted: ScriptedServer) -> None:
    scripted.scripts = [Says(scripted.connected(0))]
    client = client_of(scripted)
    await client.connect()

    await client.close()
    await client.close()

    assert [type(event) async for event in client.events()] in ([], [Connected])


async def test_a_client_connects_once(scripted: ScriptedServer) -> None:
    scripted.scripts = [Says(scripted.connected(0))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(RuntimeError, match="make a new one"):
            await client.connect()
