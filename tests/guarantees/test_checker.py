"""The checker finds what is broken, and nothing where nothing is. Each test breaks one thing."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.guarantees import story
from tests.guarantees.checker import check
from tests.guarantees.dump import Dump
from tests.guarantees.evidence import Violation
from tests.guarantees.history import (
    Answered,
    Asked,
    Closed,
    Deaf,
    Excluded,
    Fault,
    Gap,
    History,
    Memory,
    Outcome,
    Paged,
    Record,
    Recovery,
    Result,
    Told,
    Unanswered,
    Via,
    digest,
)
from tests.guarantees.plan import Plan, Scenario
from tests.guarantees.run import Verdict, check_again
from tests.guarantees.story import WARD

Records = list[Record]


def judged(records: Records, dump: Dump | None = None) -> list[Violation]:
    return check(records, dump or story.database())


def promises(records: Records, dump: Dump | None = None) -> set[str]:
    return {violation.promise for violation in judged(records, dump)}


def without(*unwanted: Record) -> Records:
    found = story.records()
    for record in unwanted:
        found.remove(record)
    return found


def changed(old: Record, *new: Record) -> Records:
    """Instead of the old record, or before what follows it."""
    found = story.records()
    at = found.index(old)
    return [*found[:at], *new, *found[at + 1 :]]


def later(*more: Record) -> Records:
    return [*story.records(), *more]


def database(*messages: object, **fields: object) -> Dump:
    rows = [m for m in messages if m is not None]
    return msgspec.structs.replace(
        story.database(), **({"messages": rows} if rows else {}), **fields
    )


ONE, TWO, THREE = (story.stored(seq) for seq in (1, 2, 3))
LAST = story.ok(7.1, 4, 3)


def test_a_good_run() -> None:
    """A removal, a lost connection, a sync, a retry and a page, and nothing to complain of."""
    assert judged(story.records()) == []


def test_lost_acknowledgement() -> None:
    """G1: somebody was told that it is stored, and it is not."""
    dump = database(ONE, TWO, heads={WARD: 2})
    assert "G1" in promises(story.records(), dump)


def test_acknowledged_as_another() -> None:
    """G1: the acknowledgement names a message that is somebody else's."""
    assert "G1" in promises(changed(LAST, story.ok(7.1, 4, 2)))


def test_missing_in_a_view() -> None:
    """G1, G8: stored and acknowledged, and one member never got it."""
    records = without(*story.delivered(7.1, "ben/0", 4, 3))
    assert promises(records) == {"G1", "G8"}


def test_phantom_message() -> None:
    """G2: stored, and nobody sent it."""
    phantom = replace(THREE, seq=4, message_id="msg_4", client_msg_id="own-4")
    dump = database(ONE, TWO, THREE, phantom, heads={WARD: 4})
    assert "G2" in promises(story.records(), dump)


def test_delivered_and_not_stored() -> None:
    """G2: a member saw what the database does not have."""
    ghost = replace(story.seen(9, "ben/0", 4, 3), seq=4, message_id="msg_4")
    assert "G2" in promises(later(ghost))


@pytest.mark.parametrize("where", ["stored", "delivered"])
def test_altered_text(where: str) -> None:
    """G2: one character is enough."""
    other = digest("text 3?")
    if where == "stored":
        found = promises(story.records(), database(ONE, TWO, replace(THREE, digest=other)))
    else:
        right = story.seen(7.1, "ben/0", 4, 3)
        found = promises(changed(right, replace(right, digest=other)))
    assert found == {"G2"}


def test_doubled_id() -> None:
    """G3: a retry was stored as a second message."""
    twin = replace(THREE, seq=4, message_id="msg_4")
    dump = database(ONE, TWO, THREE, twin, heads={WARD: 4})
    assert "G3" in promises(story.records(), dump)


def test_one_id_two_answers() -> None:
    """G3: two tries were told different messages."""
    again = story.attempt(8, 5, 3)
    answer = replace(story.ok(8.1, 5, 3), message_id="msg_2", seq=2)
    assert "G3" in promises(later(again, answer))


def test_other_text_accepted() -> None:
    """G3: the same id with another text is a conflict, not a success."""
    other = replace(story.attempt(8, 5, 3), digest=digest("another"))
    assert promises(later(other, story.ok(8.1, 5, 3))) == {"G3"}


def test_repeat_refused() -> None:
    """G3: the same text once more is no conflict; 3001 says only that one has been removed."""
    again = story.attempt(8, 5, 3)
    assert promises(later(again, story.refused(8.1, 5, 1005))) == {"G3"}
    assert promises(later(again, story.refused(8.1, 5, 3001))) == set()


def test_hole_in_seq() -> None:
    """G4: numbers are 1…n."""
    moved = replace(THREE, seq=4)
    assert "G4" in promises(story.records(), database(ONE, TWO, moved, heads={WARD: 4}))


def test_head_is_not_the_last() -> None:
    """G4: the group's row tells another number than its messages."""
    assert "G4" in promises(story.records(), database(heads={WARD: 4}))


def test_two_orders() -> None:
    """G5: two members saw different messages at one place."""
    right = story.seen(7.1, "ben/0", 4, 3)
    assert "G5" in promises(changed(right, replace(right, message_id="msg_2")))


def test_out_of_order() -> None:
    """G5: the later one first."""
    second, third = story.seen(5.1, "anna/0", 1, 2), story.seen(7.1, "anna/0", 1, 3)
    records = changed(second, third)
    records[records.index(third, records.index(third) + 1)] = second
    assert "G5" in promises(records)


def test_gap_passed_over() -> None:
    """G6: a live message whose predecessor never came."""
    assert "G6" in promises(without(story.seen(5.1, "anna/0", 1, 2)))


def test_applied_over_a_gap() -> None:
    """G6: the client took it all the same."""
    assert "G6" in promises(without(story.applied(5.1, "anna/0", 2)))


def test_gap_found_by_the_client() -> None:
    """G6: what a client complains of is a violation."""
    gap = Gap(at=9, device="anna/0", group_id=WARD, last=3, seq=5)
    assert promises(later(gap)) == {"G6"}


@pytest.mark.parametrize(
    "recovery",
    [
        Recovery(recovered=True, last_seq=2, seqs=[]),
        Recovery(recovered=True, last_seq=3, seqs=[2]),
        Recovery(recovered=True, last_seq=2, seqs=[1, 2]),
    ],
)
def test_partial_recovery(recovery: Recovery) -> None:
    """G6: a sync_result that is not all of what was missed, and only that."""
    right = [r for r in story.records() if isinstance(r, Answered) and r.connection == 4]
    assert "G6" in promises(changed(right[0], replace(right[0], groups={WARD: recovery})))


def test_not_recovered_is_no_gap() -> None:
    """An honest `recovered:false` breaks nothing."""
    right = [r for r in story.records() if isinstance(r, Answered) and r.connection == 4]
    honest = Recovery(recovered=False, last_seq=2, seqs=[])
    assert promises(changed(right[0], replace(right[0], groups={WARD: honest}))) == set()


def test_group_missing_in_the_result() -> None:
    """G6: asked for, and neither answered nor refused."""
    asked = Asked(at=9, connection=4, positions={WARD: 3, "group_other": 0})
    answer = Answered(at=9, connection=4, groups={WARD: Recovery(True, 3, [])})
    assert promises(later(asked, answer)) == {"G6"}
    excluded = Excluded(at=9, connection=4, group_id="group_other", number=3001)
    assert promises(later(asked, excluded, answer)) == set()


def test_sync_refused_as_a_whole() -> None:
    """As while the database is down: the client has to ask again, and no gap comes of it."""
    asked = Asked(at=9, connection=4, positions={WARD: 3})
    refused = Unanswered(at=9, connection=4, number=5004)
    answer = Answered(at=9, connection=4, groups={WARD: Recovery(True, 3, [])})
    assert promises(later(asked, refused, asked, answer)) == set()
    assert promises(later(asked, refused, answer)) == {"G6"}


def test_page_with_a_hole() -> None:
    """G6: a page that leaves something out."""
    page = Paged(at=9, device="ben/0", group_id=WARD, after_seq=0, limit=9, total=3, seqs=[1, 3])
    assert promises(later(page)) == {"G6"}


def test_delivered_twice() -> None:
    """G7: the same frame again on the same connection."""
    assert promises(later(story.seen(9, "anna/0", 1, 3))) == {"G7"}


def test_applied_twice() -> None:
    """G7, and the view is not the database any more."""
    assert promises(later(story.applied(9, "anna/0", 3))) == {"G7", "G8"}


def test_members_differ() -> None:
    """G8: a removal that one member never heard of."""
    stale = story.view("ben/0", ("anna", "ben", "cleo"))
    assert promises(changed(story.view("ben/0"), stale)) == {"G8"}


def test_member_without_a_view() -> None:
    """G8: nobody drops out of the proof in silence."""
    assert "G8" in promises(without(story.view("ben/0")))


@pytest.mark.parametrize("via", [Via.LIVE, Via.SYNC, Via.PAGE])
def test_delivery_after_removal(via: Via) -> None:
    """G11: a message that was begun after the removal's answer reached the removed."""
    assert promises(later(story.seen(9, "cleo/0", 3, 2, via))) == {"G11"}


def test_live_after_being_told() -> None:
    """G11: after `member_removed` not even what was committed before."""
    assert "G11" in promises(later(story.seen(3.15, "cleo/0", 3, 1)))


def test_joined_again() -> None:
    """Who is let in again may see what was said meanwhile."""
    back = replace(story.removal(6, 6.1), joined=True)
    told = Told(at=6.1, device="cleo/0", connection=3, group_id=WARD, user="cleo", joined=True)
    assert promises(later(back, told, story.seen(9, "cleo/0", 3, 2))) == set()


def test_removed_sender() -> None:
    """G11: what the removed began to send after the removal is stored."""
    tries: Sequence[Record] = (
        replace(story.attempt(8, 5, 3), user="cleo"),
        replace(story.ok(8.1, 5, 3), message_id="msg_4", seq=4),
    )
    message = replace(THREE, seq=4, message_id="msg_4", sender="cleo")
    dump = database(ONE, TWO, THREE, message, heads={WARD: 4})
    assert "G11" in promises(later(*tries), dump)


@pytest.mark.parametrize(
    "deaf",
    [
        Deaf(at=9, user="d", given_up=False, code=None),
        Deaf(at=9, user="d", given_up=True, code=1000),
    ],
)
def test_deaf_reader_kept(deaf: Deaf) -> None:
    """G12: who never reads is let go, with 4008 or without a word."""
    assert promises(later(deaf)) == {"G12"}
    assert promises(later(Deaf(at=9, user="d", given_up=True, code=4008))) == set()


def test_memory_grows() -> None:
    """G12: beyond what the run allows."""
    samples = [Memory(at=at, resident=size, may_grow=10) for at, size in ((1, 100), (9, 111))]
    assert promises(later(*samples)) == {"G12"}


def test_silent_loss() -> None:
    """G15: an attempt of which nobody ever heard again."""
    assert promises(without(story.unknown(5.3, 3))) == {"G15"}


def test_two_outcomes() -> None:
    """G15: attempts are as many as their ends."""
    assert promises(later(story.refused(9, 3))) == {"G15"}


def test_unknown_without_a_fault() -> None:
    """G15: the connection was good, and no answer came."""
    assert promises(without(Fault(at=4, until=6, name="cut"))) == {"G15"}


@pytest.mark.parametrize("code", [4008, 4013])
def test_closed_for_overload(code: int) -> None:
    """The close says it for what was under way; with another code it does not."""
    tries = (story.attempt(8, 5, 3), story.unknown(8.1, 5))
    closed = Closed(at=8.2, device="anna/0", connection=1, code=code)
    assert promises(later(*tries, closed)) == set()
    assert promises(later(*tries, replace(closed, code=1000))) == {"G15"}


def test_internal_error() -> None:
    """G15: nothing was wrong, and the service failed."""
    failed = replace(story.refused(8.1, 5, 9001), retryable=True)
    assert promises(later(story.attempt(8, 5, 3), failed)) == {"G15"}


def test_never_settled() -> None:
    """G15: tried until the end, and never told."""
    tries: Sequence[Record] = (
        replace(story.attempt(5.5, 5, 2), client_msg_id="own-9"),
        Outcome(at=5.6, attempt=5, result=Result.REFUSED, number=5004, retryable=True),
    )
    assert promises(later(*tries)) == {"G15"}


def test_refused_and_stored() -> None:
    """G15: a refusal for good is true as well."""
    records = changed(LAST, story.refused(7.1, 4))
    records.remove(story.attempt(5.2, 3, 3))
    records.remove(story.unknown(5.3, 3))
    assert promises(records) == {"G15"}


@pytest.mark.parametrize("code", [None, 1006])
def test_stop_without_a_word(code: int | None) -> None:
    """G15: an orderly stop tells 4001 to everybody who is connected."""
    stop = Fault(at=10, until=12, name="stop")
    told = [
        Closed(at=10.1, device=d, connection=c, code=4001)
        for d, c in (("anna/0", 1), ("cleo/0", 3))
    ]
    ben = Closed(at=10.1, device="ben/0", connection=4, code=4001)
    assert promises(later(stop, *told, ben)) == set()
    assert promises(later(stop, *told, replace(ben, code=code))) == {"G15"}


def test_violations_name_their_evidence() -> None:
    """The promise, the ids, and the records, so that nobody has to search."""
    (violation,) = judged(later(story.seen(9, "anna/0", 1, 3)))
    assert (violation.promise, violation.ids) == ("G7", (WARD, "msg_3", "anna/0"))
    assert "at=7.1" in violation.evidence[0]
    assert "at=9" in str(violation)


def test_a_kept_history_is_judged_again(tmp_path: Path) -> None:
    """What a failed run leaves behind is enough to come to the same verdict."""
    history = History()
    history.records = later(story.seen(9, "anna/0", 1, 3), story.applied(9, "anna/0", 3))
    found = judged(history.records)
    plan = Plan(Scenario("by hand"), seed=1, seconds=1)
    Verdict(plan, "sqlite", history, story.database(), found).keep(tmp_path / "history.json")
    again = check_again(tmp_path / "history.json")
    assert [(v.promise, v.ids) for v in again] == [(v.promise, v.ids) for v in found]
