"""Those who ask the AI, fed by hand."""

import pytest

from bench.clients.asker import Asker
from bench.clients.patient import Patient
from bench.clients.reply import Reply
from bench.clients.tally import Tally
from bench.clients.user import Place
from tests.bench.frames import SWITCHING, Wire, text

PLACE = Place("127.0.0.1", 80, "u", "group_a", b"hello", 1)
STORED = text(type="message_sent", message_id="msg_1", seq=1, client_msg_id="00000001")
ANSWERED = text(
    type="ai_reply", message_id="msg_2", user_message_id="msg_1", stream_id="s", content="Good day"
)


def delta(n: int, said: str) -> bytes:
    return text(type="ai_reply_delta", stream_id="s", n=n, text=said)


def patient() -> tuple[Patient, Wire, Tally, list[Reply]]:
    """Whose first message is under way."""
    tally, wire, replies = Tally(counting_from=0, sending=True), Wire(), list[Reply]()
    user = Patient(PLACE, tally, replies)
    user.connection_made(wire)
    user.data_received(SWITCHING + text(type="connected"))
    user.start()
    return user, wire, tally, replies


async def test_a_patient_sends_again_when_the_reply_is_here_not_before() -> None:
    user, wire, tally, [*_] = patient()
    before = len(wire.written)
    user.data_received(STORED)
    assert (len(wire.written), tally.acknowledged) == (before, 0)
    user.data_received(ANSWERED)
    assert (len(wire.written), tally.acknowledged, tally.unexpected) == (before + 1, 1, 0)


@pytest.mark.parametrize(
    ("deltas", "whole"),
    [
        (b"", True),
        (delta(0, "Good") + delta(1, " day"), True),
        (delta(0, "Goo") + text(type="ai_reply_reset", stream_id="s") + delta(0, "Good day"), True),
        (delta(0, "Good"), False),
        (delta(0, "Good") + delta(2, " day"), False),
    ],
)
async def test_deltas_joined_are_the_reply(deltas: bytes, whole: bool) -> None:
    user, _, _, replies = patient()
    user.data_received(STORED + deltas + ANSWERED)
    [reply] = replies
    assert (reply.user_message_id, reply.message_id) == ("msg_1", "msg_2")
    assert reply.whole is whole
    assert (reply.to_first_delta is None) is (not deltas)
    assert reply.deltas == deltas.rpartition(b"ai_reply_reset")[2].count(b"ai_reply_delta")


@pytest.mark.parametrize("twice", [STORED + STORED + ANSWERED, STORED + ANSWERED + ANSWERED])
async def test_what_comes_twice_is_noticed(twice: bytes) -> None:
    user, _, tally, replies = patient()
    user.data_received(twice)
    assert (len(replies), tally.acknowledged, tally.unexpected) == (1, 1, 1)


async def test_a_reply_that_failed_is_an_error() -> None:
    user, _, tally, replies = patient()
    failed = text(type="ai_reply_failed", user_message_id="msg_1", code="AI_SERVICE_TIMEOUT")
    user.data_received(STORED + failed)
    assert dict(tally.errors) == {"AI_SERVICE_TIMEOUT": 1}
    assert (tally.in_flight, replies) == (0, [])


def asker(*, stream: bool) -> tuple[Asker, Wire, Tally, list[Reply]]:
    tally, wire, replies = Tally(counting_from=0, sending=True), Wire(), list[Reply]()
    user = Asker(PLACE, tally, replies, stream=stream)
    user.connection_made(wire)
    user.start()
    return user, wire, tally, replies


PLAIN = b'HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"reply":"Hi"}'
EVENTS = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b'16\r\ndata: {"delta":"Hi"}\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n'
)


@pytest.mark.parametrize(("answer", "stream"), [(PLAIN, False), (EVENTS, True)])
async def test_an_answer_is_whole_however_it_is_cut(answer: bytes, stream: bool) -> None:
    user, wire, tally, replies = asker(stream=stream)
    for byte in answer[:-1]:
        user.data_received(bytes([byte]))
    assert (tally.acknowledged, len(wire.written)) == (0, 1)
    user.data_received(answer[-1:])
    assert (tally.acknowledged, len(wire.written)) == (1, 2)
    assert (replies[0].to_first_delta is not None) is stream


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (PLAIN.replace(b"200 OK", b"500 Internal"), "HTTP/1.1 500 Internal"),
        (PLAIN.replace(b"reply", b"error"), "an answer without a reply"),
    ],
)
async def test_an_answer_that_is_no_reply_is_an_error(answer: bytes, told: str) -> None:
    user, _, tally, replies = asker(stream=False)
    user.data_received(answer)
    assert dict(tally.errors) == {told: 1}
    assert replies == []
