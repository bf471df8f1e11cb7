"""How what was missed comes back, also where the server says what it never should."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from im_client import (
    Connected,
    EpochChanged,
    ErrorFrame,
    IMError,
    IMProtocolError,
    MessageSent,
    Position,
    PositionLost,
    Reconnecting,
)
from tests.im_client.scripted import ScriptedServer, client_of, collect, frame, message_in, seqs

GONE = {"code": "GROUP_NOT_FOUND", "number": 3001, "message": "no such group"}


async def test_missed_messages_come_before_live_ones_and_once(scripted: ScriptedServer) -> None:
    """The result repeats what has come live before it."""
    scripted.stored = list(range(1, 11))
    scripted.scripts = [
        scripted.says(scripted.connected(3), scripted.live(4), close=4001),
        scripted.says(scripted.connected(7), *(scripted.live(seq) for seq in (8, 9, 10))),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 10)

    assert seqs(events) == [4, 5, 6, 7, 8, 9, 10]
    kinds = [type(event) for event in events]
    assert kinds[:5] == [Connected, MessageSent, Reconnecting, Connected, MessageSent]
    assert scripted.syncs == [{"g": 4}]


async def test_who_has_missed_nothing_asks_nothing(scripted: ScriptedServer) -> None:
    scripted.scripts = [
        scripted.says(scripted.connected(3), close=4001),
        scripted.says(scripted.connected(3), scripted.live(4)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 4)) == [4]

    assert (scripted.syncs, scripted.pages) == ([], [])


async def test_a_new_program_goes_on_where_the_last_one_was(scripted: ScriptedServer) -> None:
    scripted.stored = [1, 2, 3]
    scripted.scripts = [scripted.says(scripted.connected(3))]

    async with client_of(scripted, position=Position("e1", {"g": 1})) as client:
        assert client.position == Position("e1", {"g": 1})
        await client.connect()
        await anext(client.events())
        assert client.position == Position("e1", {"g": 1})
        assert seqs(await collect(client, 3)) == [2, 3]
        assert client.position == Position("e1", {"g": 3})

    assert scripted.syncs == [{"g": 1}]


async def test_a_long_absence_is_fetched_in_pages(scripted: ScriptedServer) -> None:
    scripted.stored = list(range(1, 252))
    scripted.results = [scripted.result(recovered=False, last_seq=250)]
    scripted.scripts = [
        scripted.says(scripted.connected(0), close=4001),
        scripted.says(scripted.connected(250), scripted.live(251)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 251)

    assert seqs(events) == list(range(1, 252))
    assert scripted.pages == [0, 100, 200]


async def test_a_frame_left_out_is_asked_for(scripted: ScriptedServer) -> None:
    scripted.stored = [1, 2, 3, 4, 5]
    scripted.scripts = [
        scripted.says(scripted.connected(0), scripted.live(1), scripted.live(4), scripted.live(5))
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 5)) == [1, 2, 3, 4, 5]

    assert scripted.syncs == [{"g": 1}]
    assert scripted.opened == 1


async def test_more_groups_than_a_frame_holds_are_asked_for_in_turns(
    scripted: ScriptedServer,
) -> None:
    groups = [f"g{n}" for n in range(30)]
    state = {"last_seq": 1, "user_role": "PATIENT"}
    greeting = frame(
        "connected",
        user_id="u",
        connection_id="c",
        epoch="e1",
        max_frame_bytes=400,
        groups=dict.fromkeys(groups, state),
    )

    async def script(socket: ServerConnection) -> None:
        await socket.send(greeting)
        async for raw in socket:
            assert len(raw) <= 400
            asked = json.loads(raw)["groups"]
            scripted.syncs.append(asked)
            found = {
                group: {"recovered": True, "last_seq": 1, "messages": [message_in(group)]}
                for group in asked
            }
            await socket.send(frame("sync_result", epoch="e1", groups=found))

    scripted.scripts = [script]
    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        told = [event for _ in groups for event in await collect(client, 1)]

    assert {event.group_id for event in told if isinstance(event, MessageSent)} == set(groups)
    assert sum(len(asked) for asked in scripted.syncs) == len(groups)
    assert len(scripted.syncs) > 1


async def test_a_sync_that_fails_for_a_moment_is_asked_again(scripted: ScriptedServer) -> None:
    """The connection is given up and opened again, after a delay; nothing is skipped."""
    scripted.stored = [1, 2]
    busy = {"code": "OVERLOADED", "number": 5004, "message": "busy", "retryable": True}
    scripted.results = [frame("error", **busy)] * 2
    scripted.scripts = [
        scripted.says(scripted.connected(0), close=4001),
        scripted.says(scripted.connected(2)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        events = await collect(client, 2)

    assert seqs(events) == [1, 2]
    assert sum(isinstance(event, Reconnecting) for event in events) == 3


async def test_history_that_fails_for_a_moment_is_asked_again(scripted: ScriptedServer) -> None:
    scripted.stored = [1, 2]
    scripted.results = [scripted.result(recovered=False, last_seq=2)] * 2
    scripted.answers = [(HTTPStatus.SERVICE_UNAVAILABLE, "down")]
    scripted.scripts = [scripted.says(scripted.connected(2))]

    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        events = await collect(client, 2)

    assert seqs(events) == [1, 2]
    assert sum(isinstance(event, Reconnecting) for event in events) == 1


@pytest.mark.parametrize("result", ["nothing", "of another database", "with too little"])
async def test_a_result_that_does_not_help_is_asked_for_on_another_connection(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch, result: str
) -> None:
    monkeypatch.setattr("im_client.recovery._ANSWER_S", 0.05)
    scripted.stored = [1, 2]
    scripted.results = {
        "nothing": [frame("pong")],
        "of another database": [scripted.result(recovered=False, last_seq=2, epoch="e2")],
        "with too little": [scripted.result(recovered=True, last_seq=0)],
    }[result]
    scripted.scripts = [scripted.says(scripted.connected(2))]

    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        events = await collect(client, 2)

    assert seqs(events) == [1, 2]
    assert sum(isinstance(event, Reconnecting) for event in events) == 1


async def test_history_that_ends_too_early_is_asked_for_on_another_connection(
    scripted: ScriptedServer,
) -> None:
    empty = json.dumps({"messages": [], "total": 0, "page": 1, "page_size": 100})
    scripted.stored = [1, 2]
    scripted.results = [scripted.result(recovered=False, last_seq=2)] * 2
    scripted.answers = [(HTTPStatus.OK, empty)]
    scripted.scripts = [scripted.says(scripted.connected(2))]

    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        events = await collect(client, 2)

    lost = next(event for event in events if isinstance(event, Reconnecting))
    assert "the history of g ends at 0, the group at 2" in lost.reason
    assert seqs(events) == [1, 2]


async def test_history_with_a_hole_ends_the_events(scripted: ScriptedServer) -> None:
    scripted.stored = [1, 3]
    scripted.results = [scripted.result(recovered=False, last_seq=3)]
    scripted.scripts = [scripted.says(scripted.connected(0), scripted.live(4))]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMProtocolError, match="seq 3 follows 1"):
            await collect(client, 4)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"g": {"recovered": True, "last_seq": 3}}, "recovered up to 0 of 3"),
        ({}, "sync_result leaves out g"),
    ],
)
async def test_a_result_that_is_not_whole_ends_the_events(
    scripted: ScriptedServer, found: dict[str, Any], words: str
) -> None:
    """A gap is never passed over."""
    scripted.results = [frame("sync_result", epoch="e1", groups=found)]
    scripted.scripts = [scripted.says(scripted.connected(3))]

    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        with pytest.raises(IMProtocolError, match=words):
            await collect(client, 3)


async def test_a_refused_sync_ends_the_events(scripted: ScriptedServer) -> None:
    error = {"code": "INVALID_PARAMETER", "number": 1004, "message": "no such frame"}
    scripted.results = [frame("error", **error)]
    scripted.scripts = [scripted.says(scripted.connected(3))]

    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        with pytest.raises(IMError, match="no such frame"):
            await collect(client, 3)


async def test_a_refused_token_is_not_taken_for_the_answer_to_a_sync(
    scripted: ScriptedServer,
) -> None:
    """Both errors name neither message nor group."""
    scripted.stored = [1]
    refused = frame("error", code="UNAUTHENTICATED", number=5001, message="Expired.")

    async def script(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(1))
        asked = json.loads(await socket.recv())
        await socket.send(refused)
        await scripted.hear(socket, asked)
        await socket.wait_closed()

    scripted.scripts = [script]
    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        events = await collect(client, 1)

    assert [type(event) for event in events] == [Connected, ErrorFrame, MessageSent]


async def test_a_refused_history_ends_the_events(scripted: ScriptedServer) -> None:
    scripted.results = [scripted.result(recovered=False, last_seq=3)]
    scripted.answers = [(HTTPStatus.UNAUTHORIZED, "")]
    scripted.scripts = [scripted.says(scripted.connected(3))]

    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        with pytest.raises(IMError, match="HTTP_401"):
            await collect(client, 3)


@pytest.mark.parametrize("by_page", [True, False])
async def test_a_group_lost_during_the_catching_up_is_let_go(
    scripted: ScriptedServer, by_page: bool
) -> None:
    """The server knows no group for somebody who has just been removed. Who is added again hears
    what comes from then on.
    """
    told = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(2))
        await socket.recv()
        if by_page:
            await socket.send(scripted.result(recovered=False, last_seq=2))
        else:
            await socket.send(frame("error", group_id="g", **GONE))
            await socket.send(frame("sync_result", epoch="e1", groups={}))
        await told.wait()
        await socket.send(scripted.live(9))
        await socket.wait_closed()

    scripted.answers = [(HTTPStatus.NOT_FOUND, json.dumps({"error": GONE}))]
    scripted.scripts = [script]
    async with client_of(scripted, start="beginning") as client:
        await client.connect()
        await asyncio.sleep(0.1)
        assert bool(scripted.answers) is not by_page
        told.set()
        events = await collect(client, 9)

    assert [type(event) for event in events] == [Connected, MessageSent]


async def test_a_group_joined_while_away_is_told_from_its_beginning(
    scripted: ScriptedServer,
) -> None:
    scripted.stored = [1, 2]
    scripted.scripts = [
        scripted.says(scripted.connected(None), close=4001),
        scripted.says(scripted.connected(2), scripted.live(3)),
    ]

    async with client_of(scripted) as client:
        await client.connect()
        assert seqs(await collect(client, 3)) == [1, 2, 3]


@pytest.mark.parametrize(("start", "told"), [("present", [3]), ("beginning", [1, 2, 3])])
async def test_another_database_is_told_and_heard_anew(
    scripted: ScriptedServer, start: str, told: list[int]
) -> None:
    scripted.stored = [1, 2]
    scripted.scripts = [scripted.says(scripted.connected(2, epoch="e2"), scripted.live(3))]

    async with client_of(scripted, position=Position("e1", {"g": 50}), start=start) as client:
        await client.connect()
        events = await collect(client, 3)

    assert events[0] == EpochChanged("e1", "e2")
    assert isinstance(events[1], Connected)
    assert seqs(events) == told


async def test_messages_that_the_server_has_lost_are_told(scripted: ScriptedServer) -> None:
    """An older copy of the same database: what comes next has a seq that was seen before."""
    scripted.results = [scripted.result(recovered=False, last_seq=2)]

    async def script(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(2))
        await scripted.hear(socket, json.loads(await socket.recv()))
        await socket.send(scripted.live(3))
        await socket.wait_closed()

    scripted.scripts = [script]
    async with client_of(scripted, position=Position("e1", {"g": 50})) as client:
        await client.connect()
        events = await collect(client, 3)
        assert client.position == Position("e1", {"g": 3})

    assert events[1] == PositionLost("g", last_seq=2, resumes_at=3)
    assert seqs(events) == [3]
