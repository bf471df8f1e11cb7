"""Members of a group who are fed what a server might send, right and wrong."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.member import Listener, Sender
from bench.clients.tally import Tally
from bench.clients.transcript import Transcript
from bench.clients.user import Place, User
from tests.bench.frames import SWITCHING, Wire, server_frame, text

SENDER = "sender"


def message(seq: int, *, content: str = "hello", **more: object) -> bytes:
    return text(
        type="message_sent", message_id=f"msg_{seq}", group_id="group_a", seq=seq,
        from_user_id=SENDER, content=content, **more,
    )  # fmt: skip


def members(count: int) -> tuple[list[Listener], Transcript, Tally]:
    room, tally = Transcript(count), Tally()
    place = Place("127.0.0.1", 80, "listener", "group_a", b"hello", 0)
    found = [Listener(place, tally, room, number) for number in range(count)]
    for member in found:
        begin(member)
    return found, room, tally


def begin(member: User) -> Wire:
    wire = Wire()
    member.connection_made(wire)
    member.data_received(SWITCHING + text(type="connected"))
    return wire


STREAM = b"".join(message(seq, content="x" * (seq % 7)) for seq in range(1, 30))


@given(cuts=st.lists(st.lists(st.integers(1, 900), max_size=12), min_size=3, max_size=3),
       seed=st.integers())  # fmt: skip
async def test_all_is_counted_however_the_network_cuts_it(cuts: list[list[int]], seed: int) -> None:
    """Each member gets the same stream, in pieces of its own, in an order of chance."""
    found, room, tally = members(3)
    pieces = [cut(STREAM, sizes) for sizes in cuts]
    turns = [number for number, parts in enumerate(pieces) for _ in parts]
    random.Random(seed).shuffle(turns)
    for number in turns:
        found[number].data_received(pieces[number].pop(0))
    assert not tally.errors
    assert room.counts == [29, 29, 29]
    assert len(room.whole) == 29


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    parts = []
    for size in sizes:
        parts.append(stream[:size])
        stream = stream[size:]
    return [part for part in (*parts, stream) if part]


async def test_a_ping_amid_the_messages_is_answered_and_not_counted() -> None:
    [first, second], room, tally = members(2)
    wire = Wire()
    second.connection_made(wire)
    first.data_received(message(1) + message(2))
    second.data_received(message(1) + server_frame(9, b"?")[:1])
    second.data_received(server_frame(9, b"?")[1:] + message(2)[:30])
    second.data_received(message(2)[30:])
    assert wire.written[-1].endswith(b"?")
    assert room.counts == [2, 2]
    assert not tally.errors


WRONG = [
    pytest.param(message(1) + message(3), "lost", id="lost"),
    pytest.param(message(1) + message(1), "doubled", id="doubled"),
    pytest.param(message(2) + message(1), "out of order", id="out of order"),
    pytest.param(text(type="message_sent", content="hello"), "no seq", id="without seq"),
]


@pytest.mark.parametrize(("stream", "says"), WRONG)
@pytest.mark.parametrize("ahead", [0, 4], ids=["first to see it", "others saw it right"])
async def test_a_listener_notices(stream: bytes, says: str, ahead: int) -> None:
    [first, second], _, tally = members(2)
    first.data_received(b"".join(message(seq) for seq in range(1, ahead + 1)))
    assert not tally.errors
    second.data_received(stream)
    assert tally.broken.is_set()
    assert says in next(iter(tally.errors))


async def test_a_text_that_differs_between_members_is_noticed() -> None:
    [first, second], _, tally = members(2)
    first.data_received(message(1))
    second.data_received(message(1, content="hullo"))
    assert list(tally.errors) == ["listener: message 1 does not look the same to every member"]


def sender() -> tuple[Sender, Wire, Transcript, Tally]:
    room, tally = Transcript(1), Tally(sending=True)
    place = Place("127.0.0.1", 80, SENDER, "group_a", b"hello", 2)
    member = Sender(place, tally, room, 0)
    return member, begin(member), room, tally


async def test_a_sender_knows_its_own_messages_and_sends_on() -> None:
    member, wire, room, tally = sender()
    member.start()
    other = message(1).replace(b'"from_user_id":"sender"', b'"from_user_id":"others"')
    member.data_received(other + message(2, client_msg_id="00000001"))
    assert (tally.acknowledged, tally.in_flight) == (1, 2)
    assert json.loads(wire.written[-1][6:])["client_msg_id"] == "00000003"
    assert room.counts == [2]
    assert list(room.sent) == [2]


@pytest.mark.parametrize(("stream", "says"), WRONG)
async def test_a_sender_notices(stream: bytes, says: str) -> None:
    member, _, _, tally = sender()
    member.data_received(stream)
    assert tally.broken.is_set()
    assert says in next(iter(tally.errors))


async def test_what_is_no_longer_needed_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run must not keep all that was ever received."""
    monkeypatch.setattr("bench.clients.transcript.KEPT_BYTES", 2000)
    [first, second], room, tally = members(2)
    for seq in range(1, 200):
        first.data_received(message(seq))
        second.data_received(message(seq))
    assert room.counts == [199, 199]
    assert not tally.errors
    assert len(room._kept) < 3000  # noqa: SLF001 - the point of it
