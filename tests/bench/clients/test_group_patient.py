"""A member of a group where the AI speaks too, fed by hand."""

import pytest

from bench.clients.group_patient import GroupPatient
from bench.clients.tally import Tally
from bench.clients.transcript import Transcript
from bench.clients.user import Place
from tests.bench.frames import SWITCHING, Wire, text

PLACE = Place("127.0.0.1", 80, "patient", "group_a", b"hello", 1)
EPHEMERAL = (
    text(type="ai_reply_start", stream_id="s", user_message_id="msg_1"),
    text(type="ai_reply_delta", stream_id="s", n=0, offset=0, text="Good"),
    text(type="ai_reply_failed", user_message_id="msg_1", code="AI_UNAVAILABLE"),
)


def own(seq: int) -> bytes:
    return text(
        type="message_sent", message_id=f"msg_{seq}", group_id="group_a", seq=seq,
        from_user_id="patient", content="hello", client_msg_id="00000001",
    )  # fmt: skip


def reply(seq: int) -> bytes:
    return text(
        type="ai_reply", message_id=f"msg_{seq}", group_id="group_a", seq=seq,
        from_user_id="ai_assistant", content="Good day", user_message_id="msg_1",
    )  # fmt: skip


def patient() -> tuple[GroupPatient, Transcript, Tally]:
    """Whose first message is under way."""
    room, tally = Transcript(1), Tally(counting_from=0, sending=True)
    user = GroupPatient(PLACE, tally, room, 0)
    user.connection_made(Wire())
    user.data_received(SWITCHING + text(type="connected"))
    user.start()
    return user, room, tally


async def test_replies_are_seen_as_messages_and_acknowledge_nothing() -> None:
    """Only what has a `seq` counts."""
    user, room, tally = patient()
    user.data_received(own(1) + b"".join(EPHEMERAL) + reply(2))
    assert room.counts == [2]
    assert list(room.sent) == [1]
    assert (tally.acknowledged, tally.unexpected) == (1, 0)
    assert not tally.errors


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        pytest.param(own(1) + reply(3), "lost", id="a reply skips one"),
        pytest.param(own(1) + reply(1), "doubled", id="a reply takes its place"),
        pytest.param(reply(1) + reply(2) + own(2), "doubled", id="a message takes a reply's"),
    ],
)
async def test_a_reply_out_of_its_order_is_noticed(stream: bytes, says: str) -> None:
    user, _, tally = patient()
    user.data_received(stream)
    assert tally.broken.is_set()
    assert says in next(iter(tally.errors))
