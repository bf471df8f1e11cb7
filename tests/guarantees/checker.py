"""Which promises of docs/guarantees.md a run has broken: a pure function, without I/O."""

from collections.abc import Callable, Iterable

from tests.guarantees import check_ai, check_order, check_sends, check_streams, check_views
from tests.guarantees.dump import Dump
from tests.guarantees.evidence import Evidence, Violation
from tests.guarantees.history import Record

Check = Callable[[Evidence], Iterable[Violation]]

CHECKS: tuple[Check, ...] = (
    check_sends.acknowledged_is_stored,
    check_sends.stored_was_sent,
    check_sends.seen_is_stored,
    check_sends.one_id_is_one_message,
    check_sends.a_repeat_is_no_conflict,
    check_sends.every_attempt_is_answered,
    check_sends.every_message_is_settled,
    check_sends.refused_is_not_stored,
    check_order.numbers_have_no_gap,
    check_order.all_see_one_order,
    check_order.connections_keep_the_order,
    check_order.pages_are_whole,
    check_order.devices_find_no_gap,
    check_order.views_grow_by_one,
    check_views.acknowledged_is_in_every_view,
    check_views.views_are_the_database,
    check_views.members_have_views,
    check_views.removed_get_nothing,
    check_views.removed_send_nothing,
    check_views.deaf_are_given_up,
    check_views.memory_is_bounded,
    check_views.an_orderly_stop_is_told,
    check_ai.every_question_has_one_record,
    check_ai.every_record_has_a_question,
    check_ai.every_record_has_ended,
    check_ai.every_reply_has_its_question,
    check_ai.no_question_has_two_replies,
    check_ai.replies_keep_the_order,
    check_ai.every_reply_was_given,
    check_ai.calls_are_few,
    check_streams.pieces_are_the_reply,
    check_streams.failures_are_recorded,
    check_streams.every_end_is_heard,
)


def check(records: list[Record], dump: Dump) -> list[Violation]:
    run = Evidence(records, dump)
    return [violation for find in CHECKS for violation in find(run)]
