"""Events as the server would tell them."""

from datetime import UTC, datetime

from im_client import Connected, GroupState, MessageSent

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def connected(epoch: str = "e1", **heads: int) -> Connected:
    groups = {g: GroupState(last_seq=head, user_role="PATIENT") for g, head in heads.items()}
    return Connected(user_id="u", connection_id="c", epoch=epoch, server_time=NOW, groups=groups)


def message(seq: int, group_id: str = "a") -> MessageSent:
    return MessageSent(
        message_id=f"m{seq}",
        group_id=group_id,
        seq=seq,
        from_user_id="u",
        msg_type="TEXT",
        content="x",
        created_at=NOW,
    )
