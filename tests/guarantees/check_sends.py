"""G1, G2, G3, G15: what became of everything that somebody tried to send."""

from collections import defaultdict
from collections.abc import Iterator

from app.models.enums import MessageType
from tests.guarantees.dump import Stored
from tests.guarantees.evidence import (
    Evidence,
    MessageKey,
    Violation,
    broken,
    key_of,
    key_of_stored,
)
from tests.guarantees.history import Attempt, Closed, Outcome, Result, Seen

GROUP_NOT_FOUND, INTERNAL = 3001, 9001
OVERLOAD_CLOSES = 4008, 4013
"""The reader was too slow, or the talker too fast: both say that what was under way is open."""
CLOSING_S = 2.0
"""How long after its last answer a client may still be closing a connection."""


def acknowledged_is_stored(run: Evidence) -> Iterator[Violation]:
    for attempt, outcome in run.acknowledged:
        found = run.stored.get(outcome.message_id or "")
        if found is None:
            what = "acknowledged, and not in the database"
            yield broken("G1", what, outcome.message_id, by=(attempt, outcome))
        elif found.seq != outcome.seq or key_of_stored(found) != key_of(attempt):
            what = "acknowledged as another message than the one stored"
            yield broken("G1", what, outcome.message_id, by=(attempt, outcome, found))


def stored_was_sent(run: Evidence) -> Iterator[Violation]:
    """The AI's replies apart, which `check_ai` looks at."""
    for message in run.dump.messages:
        tries = run.tries.get(key_of_stored(message))
        if message.msg_type == MessageType.AI_REPLY:
            continue
        if not tries:
            yield broken("G2", "stored, and sent by nobody", message.message_id, by=(message,))
        elif message.digest not in {attempt.digest for attempt, _ in tries}:
            what = "stored with another text than was sent"
            yield broken("G2", what, message.message_id, by=(message, *tries[0]))


def seen_is_stored(run: Evidence) -> Iterator[Violation]:
    for seen in run.all(Seen):
        found = run.stored.get(seen.message_id)
        if found is None:
            what = "delivered, and not in the database"
            yield broken("G2", what, seen.message_id, seen.device, by=(seen,))
        elif (found.digest, found.sender) != (seen.digest, seen.sender):
            what = "delivered with another text or sender than is stored"
            yield broken("G2", what, seen.message_id, seen.device, by=(seen, found))


def one_id_is_one_message(run: Evidence) -> Iterator[Violation]:
    stored: dict[MessageKey, list[Stored]] = defaultdict(list)
    for message in run.dump.messages:
        stored[key_of_stored(message)].append(message)
    for key, messages in stored.items():
        if key.client_msg_id is not None and len(messages) > 1:
            ids = [message.message_id for message in messages]
            yield broken("G3", "one client_msg_id stored twice", *key, *ids, by=messages)
    for key, tries in run.tries.items():
        yield from _one_answer(key, [t for t in tries if t[1].result is Result.OK])


def _one_answer(
    key: MessageKey, acknowledged: list[tuple[Attempt, Outcome]]
) -> Iterator[Violation]:
    if len({(outcome.message_id, outcome.seq) for _, outcome in acknowledged}) > 1:
        what = "one client_msg_id acknowledged as several messages"
        yield broken("G3", what, *key, by=[outcome for _, outcome in acknowledged])
    if len({attempt.digest for attempt, _ in acknowledged}) > 1:
        what = "one client_msg_id acknowledged with several texts"
        yield broken("G3", what, *key, by=[attempt for attempt, _ in acknowledged])


def a_repeat_is_no_conflict(run: Evidence) -> Iterator[Violation]:
    """Who sends the same again hears of the first, unless removed from the group meanwhile."""
    for key, tries in run.tries.items():
        known = {attempt.digest for attempt, outcome in tries if outcome.result is Result.OK}
        for attempt, outcome in tries:
            refused = outcome.result is Result.REFUSED and not outcome.retryable
            if attempt.digest in known and refused and outcome.number != GROUP_NOT_FOUND:
                what = "acknowledged once, and a repeat of it refused"
                yield broken("G3", what, *key, by=(attempt, outcome))


def every_attempt_is_answered(run: Evidence) -> Iterator[Violation]:
    for attempt in run.all(Attempt):
        ends = run.outcomes.get(attempt.attempt, [])
        if len(ends) != 1:
            what = f"an attempt with {len(ends)} outcomes"
            yield broken("G15", what, attempt.attempt, by=(attempt, *ends))
        elif ends[0].result is Result.UNKNOWN and not (
            _in_a_fault(run, attempt, ends[0]) or _closed_for_overload(run, attempt, ends[0])
        ):
            what = "the outcome is unknown, and no fault was on"
            yield broken("G15", what, attempt.attempt, by=(attempt, ends[0]))
        elif ends[0].number == INTERNAL and not _in_a_fault(run, attempt, ends[0]):
            what = "an internal error, and no fault was on"
            yield broken("G15", what, attempt.attempt, by=(attempt, ends[0]))


def _in_a_fault(run: Evidence, attempt: Attempt, outcome: Outcome) -> bool:
    """Not one of the AI's or its workers: those are nothing to the core."""
    return any(
        fault.at <= outcome.at and attempt.at <= fault.until
        for fault in run.faults
        if not fault.name.startswith(("ai_", "worker_"))
    )


def _closed_for_overload(run: Evidence, attempt: Attempt, outcome: Outcome) -> bool:
    """The close code says it for all that was under way on the connection."""
    return any(
        closed.device == attempt.way
        and closed.code in OVERLOAD_CLOSES
        and attempt.at <= closed.at <= outcome.at + CLOSING_S
        for closed in run.all(Closed)
    )


def every_message_is_settled(run: Evidence) -> Iterator[Violation]:
    """A client that goes on trying learns the end of each message once the faults are over."""
    for key, tries in run.tries.items():
        if not any(_final(outcome) for _, outcome in tries):
            what = "tried to the end of the run, and never told what became of it"
            yield broken("G15", what, *key, by=tries[-1])


def refused_is_not_stored(run: Evidence) -> Iterator[Violation]:
    for message in run.dump.messages:
        tries = run.tries.get(key_of_stored(message), [])
        if tries and all(_final(o) and o.result is Result.REFUSED for _, o in tries):
            what = "refused for good, and stored all the same"
            yield broken("G15", what, message.message_id, by=(message, *tries[0]))


def _final(outcome: Outcome) -> bool:
    """Neither unknown nor a refusal that asks to try again."""
    return outcome.result is not Result.UNKNOWN and not outcome.retryable
