"""Joining replies from their pieces, without a socket."""

import pytest

from im_client import (
    AiReply,
    AiReplyDelta,
    AiReplyFailed,
    AiReplyReset,
    AiReplySnapshot,
    AiReplyStart,
    ErrorFrame,
    Event,
    MemberRemoved,
)
from im_client.live_replies import LiveReplies
from im_client.wire import GroupResult, SyncResult
from tests.im_client.made import NOW, message


class Heard:
    """Replies, and what they asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.replies = LiveReplies("u", self.asked.append)

    def take(self, *events: Event) -> list[str]:
        """The text so far with each event that the program hears of."""
        heard = [self.replies.take(event) for event in events]
        return [event.text_so_far for event in heard if isinstance(event, Partial)]


Partial = AiReplyStart | AiReplyDelta | AiReplyReset | AiReplySnapshot
START = AiReplyStart(stream_id="s", group_id="g", user_message_id="m0")
RESET = AiReplyReset(stream_id="s", group_id="g")
FAILED = AiReplyFailed(
    group_id="g", user_message_id="m0", record_id="r", code="AI", number=4002, message="late"
)
NOT_FOUND = ErrorFrame(code="STREAM_NOT_FOUND", number=3002, message="gone")


def delta(n: int, offset: int, text: str, stream_id: str = "s") -> AiReplyDelta:
    return AiReplyDelta(stream_id=stream_id, group_id="g", n=n, offset=offset, text=text)


def snapshot(n: int, text: str) -> AiReplySnapshot:
    return AiReplySnapshot(stream_id="s", group_id="g", user_message_id="m0", n=n, text=text)


def reply(user_message_id: str = "m0", stream_id: str | None = "s") -> AiReply:
    return AiReply(
        message_id="m1",
        group_id="g",
        seq=2,
        from_user_id="ai",
        content="Hello",
        user_message_id=user_message_id,
        created_at=NOW,
        stream_id=stream_id,
    )


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_pieces_are_joined(heard: Heard) -> None:
    """Offsets are in characters, whatever their number of bytes."""
    pieces = [delta(0, 0, "头痛"), delta(1, 2, " 🤕"), delta(2, 4, "!")]

    assert heard.take(START, *pieces) == ["", "头痛", "头痛 🤕", "头痛 🤕!"]
    assert heard.asked == []


def test_a_repeated_piece_is_not_told_again(heard: Heard) -> None:
    first, second = delta(0, 0, "He"), delta(1, 2, "llo")

    assert heard.take(START, first, second, first, second) == ["", "He", "Hello"]
    assert heard.asked == []


@pytest.mark.parametrize("odd", [delta(2, 5, "!"), delta(1, 3, "lo"), delta(0, 0, "Ha")])
def test_a_hole_is_asked_for_once_and_filled(heard: Heard, odd: AiReplyDelta) -> None:
    """A number left out, a place left out, or another text at the same place."""
    told = heard.take(START, delta(0, 0, "He"), odd, delta(3, 6, "?"))

    assert told == ["", "He"]
    assert heard.asked == ["s"]
    assert heard.take(snapshot(4, "Hello!?"), delta(4, 7, "!")) == ["Hello!?", "Hello!?!"]
    assert heard.take(delta(6, 9, "x")) == []
    assert heard.asked == ["s", "s"]


def test_a_stream_joined_in_its_middle_is_asked_for(heard: Heard) -> None:
    assert heard.take(delta(3, 9, "x")) == []
    assert heard.asked == ["s"]


def test_a_reset_takes_the_text_back(heard: Heard) -> None:
    """Also where a snapshot is awaited: everything is known again."""
    events: list[Event] = [START, delta(0, 0, "He"), delta(2, 9, "x"), RESET, delta(0, 0, "Hi")]

    assert heard.take(*events) == ["", "He", "", "Hi"]
    assert heard.take(snapshot(1, "Hi"), delta(1, 2, "!")) == ["Hi!"]


def test_a_snapshot_that_says_nothing_new_is_not_told(heard: Heard) -> None:
    assert heard.take(START, delta(0, 0, "He"), snapshot(1, "He")) == ["", "He"]


def test_another_connection_goes_on_from_the_snapshot(heard: Heard) -> None:
    heard.take(START, delta(0, 0, "He"))

    heard.replies.restart()

    assert heard.take(snapshot(5, "Hello"), delta(5, 5, "!")) == ["Hello", "Hello!"]
    assert heard.asked == []


@pytest.mark.parametrize("end", [reply(), reply(stream_id=None), FAILED])
def test_nothing_comes_after_the_end(heard: Heard, end: AiReply | AiReplyFailed) -> None:
    """Not even by a snapshot on the next connection."""
    heard.take(START, delta(0, 0, "He"))

    assert heard.replies.take(end) is end
    heard.replies.restart()

    assert heard.take(snapshot(1, "He"), delta(1, 2, "llo"), RESET) == []
    assert heard.asked == []


def test_a_reply_that_was_recovered_ends_its_stream(heard: Heard) -> None:
    heard.take(START, delta(0, 0, "He"))
    found = GroupResult(recovered=True, last_seq=2, messages=[message(1), reply()])

    heard.replies.recovered(SyncResult(epoch="e", groups={"g": found}))

    assert heard.take(delta(1, 2, "llo")) == []


def test_a_failed_reply_may_be_begun_again(heard: Heard) -> None:
    heard.take(START, delta(0, 0, "He"), FAILED)

    assert heard.take(START, delta(0, 0, "Hi")) == ["", "Hi"]


def test_the_reply_to_another_question_ends_nothing(heard: Heard) -> None:
    heard.take(START, delta(0, 0, "He"), reply("m9", "other"))

    assert heard.take(delta(1, 2, "y")) == ["Hey"]


def test_a_group_that_was_left_is_forgotten(heard: Heard) -> None:
    """And only then: others may leave."""
    heard.take(START, delta(0, 0, "He"), MemberRemoved(group_id="g", user_id="somebody"))
    assert heard.take(delta(1, 2, "y")) == ["Hey"]

    heard.take(MemberRemoved(group_id="g", user_id="u"))

    assert heard.take(delta(2, 3, "!")) == []
    assert heard.asked == ["s"]


def test_a_stream_that_ended_meanwhile_is_no_error(heard: Heard) -> None:
    """One refusal for each ask; any other is the program's."""
    heard.take(delta(3, 9, "x"))

    assert heard.replies.refuse(NOT_FOUND)
    assert not heard.replies.refuse(NOT_FOUND)
