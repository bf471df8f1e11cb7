"""What a member has missed, read in one snapshot for all of the groups."""

from collections.abc import Mapping

import msgspec
from sqlalchemy.orm import Session

from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.message_repository import MessageRepository
from app.services.core.records import MessageRecord
from app.services.core.translate import message_record

MOST_OF_A_GROUP = 500
MOST_AT_ONCE = 10_000
"""Of all groups together; those that miss least come first."""


class Missed(msgspec.Struct, frozen=True):
    """All messages up to `last_seq` that the client has not seen, in order; None where they are
    too many, or the client has seen what does not exist."""

    last_seq: int
    messages: list[MessageRecord] | None


def read_missed(db: Session, user_id: str, positions: Mapping[str, int]) -> dict[str, Missed]:
    """`positions` are the last `seq` seen of each group. Left out are groups that the user is not
    a member of."""
    heads = GroupMemberRepository(db).heads_of(user_id, positions)
    wanted = _affordable({group: (positions[group], head) for group, head in heads.items()})
    messages: dict[str, list[MessageRecord]] = {group: [] for group in wanted}
    ranges = [(group, *span) for group, span in wanted.items() if span[0] < span[1]]
    for message in MessageRepository(db).in_ranges(ranges):
        messages[message.group_id].append(message_record(message))
    return {group: Missed(head, messages.get(group)) for group, head in heads.items()}


def _affordable(spans: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    chosen, left = {}, MOST_AT_ONCE
    for group, (seen, head) in sorted(spans.items(), key=lambda item: item[1][1] - item[1][0]):
        missing = head - seen
        if 0 <= missing <= min(MOST_OF_A_GROUP, left):
            chosen[group] = (seen, head)
            left -= missing
    return chosen
