"""The checker finds what is broken where the AI answers. Each test breaks one thing."""

from typing import Any

import pytest
from msgspec.structs import replace

from app.models.enums import RecordStatus
from tests.guarantees import ai_story as story
from tests.guarantees.ai_records import AIOn, Piece, ReplyFailed, Streamed
from tests.guarantees.ai_story import ANNA, DORA, DORA_AGAIN, WARD
from tests.guarantees.checker import check
from tests.guarantees.dump import Dump, Interaction, Stored
from tests.guarantees.history import Changed, Fault, Opened, Outcome, Record, Result, Told

Records = list[Record]


def promises(records: Records | None = None, dump: Dump | None = None) -> set[str]:
    found = check(records or story.records(), dump or story.database())
    return {violation.promise for violation in found}


def complaints(records: Records | None = None, dump: Dump | None = None) -> set[str]:
    found = check(records or story.records(), dump or story.database())
    return {f"{violation.promise}: {violation.what}" for violation in found}


def without(*unwanted: Record) -> Records:
    found = story.records()
    for record in unwanted:
        found.remove(record)
    return found


def changed(old: Record, *new: Record) -> Records:
    found = story.records()
    at = found.index(old)
    return [*found[:at], *new, *found[at + 1 :]]


def later(*more: Record) -> Records:
    return [*story.records(), *more]


def with_record(question: int, **fields: Any) -> Dump:
    records = story.interactions()
    records[question] = replace(records[question], **fields)
    return replace(story.database(), interactions=list(records.values()))


def with_records(*records: Interaction) -> Dump:
    return replace(story.database(), interactions=list(records))


def with_messages(*messages: Stored) -> Dump:
    return replace(story.database(), messages=list(messages), heads={WARD: len(messages)})


RECORDS = story.interactions()
MESSAGES = [story.stored(seq) for seq in story.TEXTS]
LAST_DELTA = story.piece(10, ANNA, 4, Piece.DELTA, 1, 4, " well")


def test_a_good_run() -> None:
    """An attempt that fails, a failure, a burst, a snapshot, and nothing to complain of."""
    assert check(story.records(), story.database()) == []


def test_question_without_a_record() -> None:
    """G9: a patient's message that nobody will ever answer."""
    dump = with_records(RECORDS[1], RECORDS[4], RECORDS[5])
    assert "G9: a patient's message with 0 records" in complaints(dump=dump)


def test_without_the_ai_nobody_is_answered() -> None:
    """Where the layer is off, no record is missing."""
    messages = [replace(message) for message in MESSAGES if message.seq == 1]
    dump = replace(with_messages(*messages), interactions=[])
    records = [r for r in story.records()[1:] if r.at <= 2]
    assert "G9" not in promises(records, dump)


def test_two_records() -> None:
    """G9: one message, promised two answers."""
    again = replace(RECORDS[3], record_id="record_again")
    found = complaints(dump=with_records(*RECORDS.values(), again))
    assert "G9: a patient's message with 2 records" in found


@pytest.mark.parametrize("message_id", ["msg_9", "msg_2"])
def test_record_without_a_question(message_id: str) -> None:
    """G9: for a message that is not stored, or is the AI's own."""
    extra = replace(RECORDS[3], record_id="record_extra", user_message_id=message_id)
    found = complaints(dump=with_records(*RECORDS.values(), extra))
    assert "G9: a record, and no patient's message for it" in found


def test_record_of_another_group() -> None:
    """G9: it is not the group of its question."""
    found = complaints(dump=with_record(3, group_id="group_other"))
    assert "G9: a record, and no patient's message for it" in found


def test_question_of_a_doctor() -> None:
    """G9: the AI keeps out of what doctors say."""
    doctors = replace(MESSAGES[2], user_role="DOCTOR")
    dump = replace(story.database(), messages=[*MESSAGES[:2], doctors, *MESSAGES[3:]])
    assert promises(dump=dump) == {"G9"}


def test_still_in_progress() -> None:
    """G9: nothing goes on, and the message has no end."""
    open_end = {"status": RecordStatus.IN_PROGRESS, "error_number": None}
    found = complaints(dump=with_record(3, **open_end))
    assert "G9: at rest, and neither answered nor failed" in found


def test_failure_without_a_number() -> None:
    """G9: nobody knows why."""
    assert "G9: a failure without a number" in complaints(dump=with_record(3, error_number=None))


def test_failure_with_a_reply() -> None:
    """G9: one end, not two."""
    found = complaints(dump=with_record(3, ai_message_id="msg_2"))
    assert "G9: a failure that names a reply" in found


@pytest.mark.parametrize("reply", [None, "msg_9", "msg_1"])
def test_answered_with_what_is_no_reply(reply: str | None) -> None:
    """G9: a success names a stored AI_REPLY."""
    found = complaints(dump=with_record(1, ai_message_id=reply))
    assert "G9: answered, and its reply is not in the database" in found


def test_answered_in_another_group() -> None:
    """G9: the reply is one, and somewhere else."""
    other = replace(MESSAGES[1], group_id="group_other", seq=1)
    dump = replace(story.database(), messages=[*MESSAGES, replace(other, message_id="msg_other")])
    records = [replace(RECORDS[1], ai_message_id="msg_other"), *list(RECORDS.values())[1:]]
    found = complaints(dump=replace(dump, interactions=records))
    assert "G9: answered in another group" in found


def test_reply_that_no_record_names() -> None:
    """G9: the late result of a lost lease, stored all the same."""
    late = replace(MESSAGES[1], seq=7, message_id="msg_7")
    found = complaints(dump=with_messages(*MESSAGES, late))
    assert found >= {
        "G9: a reply, and no record of that question names it",
        "G9: two replies to one message",
    }


def test_reply_to_another_question() -> None:
    """G9: it is linked to a message whose record names another."""
    wrong = replace(MESSAGES[5], reply_to="msg_3")
    found = complaints(dump=with_messages(*MESSAGES[:5], wrong))
    assert "G9: a reply, and no record of that question names it" in found


def test_two_replies_to_one_message() -> None:
    """G9: whatever the records say."""
    again = replace(MESSAGES[5], reply_to="msg_1")
    found = complaints(dump=with_messages(*MESSAGES[:5], again))
    assert "G9: two replies to one message" in found


def test_one_reply_to_two_people() -> None:
    """G9: only one patient's own messages are answered together."""
    bens = replace(MESSAGES[4], sender="ben")
    found = complaints(dump=with_messages(*MESSAGES[:4], bens, MESSAGES[5]))
    assert "G9: one reply to several people" in found


def test_replies_out_of_order() -> None:
    """G9: the later question was answered first."""
    first, last = replace(MESSAGES[1], reply_to="msg_4"), replace(MESSAGES[5], reply_to="msg_1")
    messages = [MESSAGES[0], first, *MESSAGES[2:5], last]
    replies = {1: "msg_6", 3: None, 4: "msg_2", 5: "msg_2"}
    records = [replace(RECORDS[q], ai_message_id=reply) for q, reply in replies.items()]
    dump = replace(with_messages(*messages), interactions=records)
    assert "G9: answered before what was asked earlier" in complaints(dump=dump)


def test_reply_that_was_never_given() -> None:
    """G2: of a call that failed, or of another question's."""
    (call,) = [r for r in story.records() if r == story.called(3.5, 1, 2)]
    assert promises(changed(call, replace(call, digest=None))) == {"G2"}
    assert promises(changed(call, replace(call, user_message_id="msg_3"))) == {"G2"}


def test_called_too_often() -> None:
    """G10: once more than is allowed, or than is recorded."""
    more = story.called(3.6, 1, None)
    assert promises(later(more), with_record(1, attempts=3)) == {"G10"}
    assert promises(dump=with_record(1, attempts=1)) == {"G10"}


def test_called_for_nothing() -> None:
    """G10: before the question was committed, and then it was not."""
    assert promises(later(story.called(9, 9, None))) == {"G10"}


def test_given_up_without_a_call() -> None:
    """An attempt may end with its process before anybody is called."""
    assert promises(dump=with_record(3, attempts=3)) == set()


@pytest.mark.parametrize("wrong", [{"n": 2}, {"offset": 5}, {"text": " ill"}])
def test_pieces_are_not_the_reply(wrong: dict[str, Any]) -> None:
    """G13: one delta left out, moved, or of another text."""
    assert promises(changed(LAST_DELTA, replace(LAST_DELTA, **wrong))) == {"G13"}


def test_a_delta_is_lost() -> None:
    """G13: the first of two, or the last."""
    first = story.piece(4, ANNA, 1, Piece.DELTA, 0, 0, "Hello")
    assert promises(without(first)) == {"G13"}
    assert promises(without(LAST_DELTA)) == {"G13"}


def by_workers(records: Records) -> Records:
    return [replace(r, by_workers=True) if isinstance(r, AIOn) else r for r in records]


def test_a_delta_is_lost_between_processes() -> None:
    """G13 all the same, but for a fault."""
    lost = by_workers(without(LAST_DELTA))
    assert promises(lost) == {"G13"}
    assert promises([*lost, Fault(at=9, until=12, name="bus_kill")]) == set()


def test_a_delta_comes_twice() -> None:
    """G13: as behind a snapshot that has it already."""
    assert promises(changed(LAST_DELTA, LAST_DELTA, LAST_DELTA)) == {"G13"}


def test_a_reset_is_lost() -> None:
    """G13: what was taken back is still there."""
    assert promises(without(story.piece(3, ANNA, 1, Piece.RESET))) == {"G13"}


def test_a_snapshot_is_lost() -> None:
    """G13: who comes in the middle is told what was said; a wrong one is no better."""
    snapshot = story.piece(9.5, DORA_AGAIN, 4, Piece.SNAPSHOT, 1, 0, "Rest")
    assert promises(without(snapshot)) == {"G13"}
    assert promises(changed(snapshot, replace(snapshot, text="Test"))) == {"G13"}


def test_a_piece_behind_the_end() -> None:
    """G13: after the reply, and after the failure; a late snapshot alone is harmless."""
    behind = replace(LAST_DELTA, at=11, n=2, offset=9)
    assert promises(later(behind)) == {"G13"}
    late = story.piece(11, ANNA, 3, Piece.SNAPSHOT)
    assert promises(later(late)) == set()
    assert promises(later(late, story.piece(11, ANNA, 3, Piece.DELTA, 0, 0, "x"))) == {"G13"}


def test_a_piece_that_was_not_wanted() -> None:
    """G13: `?deltas=0` means none."""
    quiet = [replace(r, partial=False) if isinstance(r, Opened) else r for r in story.records()]
    assert promises(quiet) == {"G13"}
    assert promises([r for r in quiet if not isinstance(r, Streamed)]) == set()


def test_let_in_again_in_the_middle() -> None:
    """Nobody tells a new member what is under way, so deltas from there on prove nothing."""
    told = Told(at=9, device="anna/0", connection=1, group_id=WARD, user="anna", joined=True)
    start, first = (r for r in story.records() if isinstance(r, Streamed) and r.at == 9)
    records = changed(start, told)
    records.remove(first)
    assert promises(records) == set()


@pytest.mark.parametrize("line", [ANNA, DORA])
def test_failure_that_was_not_told(line: story.Line) -> None:
    """G13: Anna was connected all the time, and still waits. Dora went too soon after it."""
    assert promises(without(story.failed(7, line, 3))) == ({"G13"} if line == ANNA else set())


def test_reply_that_was_not_told() -> None:
    """G13, and with it a hole in the order."""
    found = complaints(without(*story.told(10, ANNA, 6)))
    assert "G13: connected all the time, and never told how it ended" in found


def test_failure_that_nobody_was_told_of() -> None:
    """G13: not even one of those who were there to the end."""
    assert promises(without(*(story.failed(7, line, 3) for line in (ANNA, DORA)))) == {"G13"}


def test_end_while_away() -> None:
    """Who was let in after the question need not hear of its end."""
    joined = Changed(at=6.5, done=6.6, group_id=WARD, user="anna", joined=True, result=Result.OK)
    assert promises([joined, *without(story.failed(7, ANNA, 3))]) == set()


@pytest.mark.parametrize(
    "wrong", [{"number": 4001}, {"record_id": "record_1"}, {"user_message_id": "msg_1"}]
)
def test_told_of_another_failure(wrong: dict[str, Any]) -> None:
    """G9: what members are told is what is recorded."""
    right = story.failed(7, ANNA, 3)
    assert "G9" in promises(changed(right, right, replace(right, **wrong)))


def test_told_a_failure_and_answered() -> None:
    """G9: two ends, of which one was only told."""
    told = ReplyFailed(
        at=9, device="anna/0", connection=1, group_id=WARD, user_message_id="msg_1",
        record_id="record_1", number=4001,
    )  # fmt: skip
    assert promises(later(told)) == {"G9"}


def test_the_ai_in_trouble_excuses_nothing() -> None:
    """G15: the core does not feel it, so no outcome is unknown for that."""
    end = next(r for r in story.records() if isinstance(r, Outcome) and r.attempt == 3)
    unknown = replace(end, result=Result.UNKNOWN, message_id=None, seq=None)
    again = story.asked(6.2, 3)
    records = changed(end, unknown, replace(again[0], attempt=9), replace(again[-1], attempt=9))
    assert promises([Fault(at=5, until=8, name="ai_down"), *records]) == {"G15"}
    assert promises([Fault(at=5, until=8, name="cut"), *records]) == set()
