"""G1, G8, G11, G12: what each device holds in the end, and what it should never have got."""

from collections import defaultdict
from collections.abc import Iterator

from tests.guarantees.evidence import Absence, Evidence, MessageKey, Violation, broken, key_of
from tests.guarantees.evidence import key_of_stored as key_of_message
from tests.guarantees.history import Attempt, Closed, Deaf, Fault, Memory, Opened, Seen, user_of

READER_TOO_SLOW = 4008
GOING_DOWN = 4001
RESTARTS = {"stop", "kill"}
"""One after the other, and each once all were back."""


def acknowledged_is_in_every_view(run: Evidence) -> Iterator[Violation]:
    acknowledged = defaultdict(set)
    for attempt, outcome in run.acknowledged:
        acknowledged[attempt.group_id].add(outcome.message_id)
    for view in run.views:
        applied = {a.message_id for a in run.applied[view.device, view.group_id]}
        for message_id in sorted(map(str, acknowledged[view.group_id] - applied)):
            what = "acknowledged, and missing in a member's final view"
            yield broken("G1", what, view.group_id, message_id, view.device, by=(view,))


def views_are_the_database(run: Evidence) -> Iterator[Violation]:
    for view in run.views:
        here = [(a.seq, a.message_id) for a in run.applied[view.device, view.group_id]]
        there = [(m.seq, m.message_id) for m in run.by_group[view.group_id]]
        if here != there or view.last_seq != run.dump.heads[view.group_id]:
            differing = sorted(set(here) ^ set(there))[:5]
            what = f"old messages + events are not the group's messages; differing: {differing}"
            yield broken("G8", what, view.group_id, view.device, by=(view,))
        if view.members not in (None, run.dump.members[view.group_id]):
            what = f"old members + events are not {run.dump.members[view.group_id]}"
            yield broken("G8", what, view.group_id, view.device, by=(view,))


def members_have_views(run: Evidence) -> Iterator[Violation]:
    """Nobody drops out of the proof without notice."""
    views = {(view.group_id, view.device) for view in run.views}
    opened = {record.device for record in run.all(Opened)}
    for device in sorted(opened | {device for device, _ in run.applied}):
        for group_id in run.dump.members:
            if run.is_member(group_id, device) and (group_id, device) not in views:
                yield broken("G8", "a member who has no view of the group", group_id, device)


def removed_get_nothing(run: Evidence) -> Iterator[Violation]:
    """By the order of commits, as `seq` gives it: the first message that anybody began to send
    after the removal had been answered, and all that follow it, are not for the removed."""
    begun = first_attempts(run)
    for (group_id, user), absences in run.absences.items():
        shown = [s for s in run.all(Seen) if s.group_id == group_id and user_of(s.device) == user]
        for absence in absences:
            floor = _first_seq_after(run, group_id, absence, begun)
            for seen in shown:
                if seen.seq >= floor and seen.at < absence.until:
                    what = "committed after the removal, and delivered to the removed"
                    ids = (group_id, seen.message_id, seen.device)
                    yield broken("G11", what, *ids, by=(absence.removal, seen))


def removed_send_nothing(run: Evidence) -> Iterator[Violation]:
    begun = first_attempts(run)
    for message in run.dump.messages:
        for absence in run.absences.get((message.group_id, message.sender), []):
            tries = run.tries.get(key_of_message(message), [])
            at = begun.get(key_of_message(message), 0)
            if tries and absence.since < at and max(o.at for _, o in tries) < absence.until:
                what = "stored, though its sender had been removed before"
                yield broken("G11", what, message.message_id, by=(absence.removal, *tries[0]))


def first_attempts(run: Evidence) -> dict[MessageKey, float]:
    begun: dict[MessageKey, float] = {}
    for attempt in run.all(Attempt):
        begun.setdefault(key_of(attempt), attempt.at)
    return begun


def _first_seq_after(
    run: Evidence, group_id: str, absence: Absence, begun: dict[MessageKey, float]
) -> float:
    later = (
        message.seq
        for message in run.by_group.get(group_id, [])
        if begun.get(key_of_message(message), 0) > absence.since
    )
    return min(later, default=float("inf"))


def deaf_are_given_up(run: Evidence) -> Iterator[Violation]:
    for deaf in run.all(Deaf):
        if not deaf.given_up or deaf.code not in {None, READER_TOO_SLOW}:
            yield broken("G12", "a client that never reads is kept", deaf.user, by=(deaf,))


def memory_is_bounded(run: Evidence) -> Iterator[Violation]:
    samples = run.all(Memory)
    for sample in samples[1:]:
        if sample.resident > samples[0].resident + sample.may_grow:
            yield broken("G12", "the server's memory grows", by=(samples[0], sample))


def an_orderly_stop_is_told(run: Evidence) -> Iterator[Violation]:
    """Everybody who was connected by then hears 4001, where the network was good."""
    closed = {record.connection: record for record in run.all(Closed)}
    for stop in (fault for fault in run.faults if fault.name == "stop"):
        if any(other.name not in RESTARTS and _overlap(other, stop) for other in run.faults):
            continue
        for opened in run.all(Opened):
            end = closed.get(opened.connection)
            there = opened.at < stop.at and (end is None or end.at > stop.at)
            if there and (end is None or end.code != GOING_DOWN):
                what = "an orderly stop that a connection was not told of"
                yield broken("G15", what, opened.device, by=tuple(filter(None, (stop, end))))


def _overlap(one: Fault, other: Fault) -> bool:
    return one.at <= other.until and other.at <= one.until
