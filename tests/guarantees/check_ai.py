"""G2, G9, G10 where the AI answers: each question has one end, and each reply is one that the AI
service gave."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from app.models.enums import MessageType, RecordStatus, UserRole
from tests.guarantees.ai_records import AIOn, Called
from tests.guarantees.dump import Interaction, Stored
from tests.guarantees.evidence import Evidence, Violation, broken


def is_question(message: Stored) -> bool:
    """In a group of mode `auto`, without a doctor who has taken over."""
    return message.user_role == UserRole.PATIENT and message.msg_type != MessageType.AI_REPLY


def every_question_has_one_record(run: Evidence) -> Iterator[Violation]:
    for message in run.dump.messages if run.all(AIOn) else ():
        records = run.interactions.get(message.message_id, [])
        if is_question(message) and len(records) != 1:
            what = f"a patient's message with {len(records)} records"
            yield broken("G9", what, message.group_id, message.message_id, by=(message, *records))


def every_record_has_a_question(run: Evidence) -> Iterator[Violation]:
    for record in run.dump.interactions:
        asked = run.stored.get(record.user_message_id)
        if asked is None or asked.group_id != record.group_id or not is_question(asked):
            what = "a record, and no patient's message for it"
            yield broken("G9", what, record.group_id, record.record_id, by=(record,))


def every_record_has_ended(run: Evidence) -> Iterator[Violation]:
    for record in run.dump.interactions:
        what = _unlike_an_end(run, record)
        if what is not None:
            yield broken("G9", what, record.group_id, record.record_id, by=(record,))


def _unlike_an_end(run: Evidence, record: Interaction) -> str | None:
    if record.status == RecordStatus.FAILED:
        if record.error_number is None:
            return "a failure without a number"
        return "a failure that names a reply" if record.ai_message_id else None
    if record.status != RecordStatus.SUCCESS:
        return "at rest, and neither answered nor failed"
    reply = run.stored.get(record.ai_message_id or "")
    if reply is None or reply.msg_type != MessageType.AI_REPLY:
        return "answered, and its reply is not in the database"
    return None if reply.group_id == record.group_id else "answered in another group"


def every_reply_has_its_question(run: Evidence) -> Iterator[Violation]:
    for reply in run.replies:
        named = run.answered_by.get(reply.message_id, [])
        asked = {record.user_message_id for record in named}
        if reply.reply_to not in asked:
            what = "a reply, and no record of that question names it"
            yield broken("G9", what, reply.group_id, reply.message_id, by=(reply, *named))
        senders = {
            run.stored[message_id].sender for message_id in asked if message_id in run.stored
        }
        if len(senders) > 1:
            what = "one reply to several people"
            yield broken("G9", what, reply.group_id, reply.message_id, by=(reply, *named))


def no_question_has_two_replies(run: Evidence) -> Iterator[Violation]:
    """As where a result came after its lease was lost, and was not discarded."""
    for message_id, count in Counter(reply.reply_to for reply in run.replies).items():
        if count > 1:
            by = [reply for reply in run.replies if reply.reply_to == message_id]
            yield broken("G9", "two replies to one message", by[0].group_id, message_id, by=by)


def replies_keep_the_order(run: Evidence) -> Iterator[Violation]:
    latest: dict[str, Stored] = {}
    for message in run.dump.messages:
        for record in run.interactions.get(message.message_id, []):
            reply = run.stored.get(record.ai_message_id or "")
            if reply is None:
                continue
            before = latest.setdefault(message.group_id, reply)
            if reply.seq < before.seq:
                what = "answered before what was asked earlier"
                ids = (message.group_id, message.message_id)
                yield broken("G9", what, *ids, by=(message, reply, before))
            latest[message.group_id] = reply


def every_reply_was_given(run: Evidence) -> Iterator[Violation]:
    """By one of the calls for its question."""
    given = defaultdict(set)
    for call in run.all(Called):
        given[call.user_message_id].add(call.digest)
    for reply in run.replies:
        if reply.digest not in given[reply.reply_to or ""]:
            what = "a reply that the AI service never gave"
            yield broken("G2", what, reply.group_id, reply.message_id, by=(reply,))


def calls_are_few(run: Evidence) -> Iterator[Violation]:
    most = min((on.max_attempts for on in run.all(AIOn)), default=0)
    calls = defaultdict(list)
    for call in run.all(Called):
        calls[call.record_id].append(call)
    attempts = {record.record_id: record.attempts for record in run.dump.interactions}
    for record_id, made in calls.items():
        may_be = min(most, attempts.get(record_id, 0))
        if len(made) > may_be:
            what = f"{len(made)} calls, where {may_be} attempts are allowed and recorded"
            yield broken("G10", what, made[0].group_id, record_id, by=made)
