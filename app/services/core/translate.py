"""Rows to records, inside the session that read them."""

from app.models.group import Group
from app.models.message import Message
from app.models.user import User
from app.services.core.records import GroupRecord, Membership, MessageRecord, UserRecord


def user_record(user: User) -> UserRecord:
    return UserRecord(
        user.id, user.user_id, user.username, user.user_role, user.created_at, user.updated_at
    )


def group_record(group: Group) -> GroupRecord:
    return GroupRecord(
        group.id, group.group_id, group.group_name, group.description, group.created_by,
        group.ai_mode, group.last_seq, group.created_at, group.updated_at,
    )  # fmt: skip


def membership(group: Group, user_role: str) -> Membership:
    return Membership(group_record(group), user_role, member_changes=group.member_changes)


def message_record(message: Message, *, duplicate: bool = False) -> MessageRecord:
    return MessageRecord(
        id=message.id,
        message_id=message.message_id,
        group_id=message.group_id,
        seq=message.seq,
        from_user_id=message.from_user_id,
        user_role=message.user_role,
        msg_type=message.msg_type,
        msg_content=message.msg_content,
        client_msg_id=message.client_msg_id,
        reply_to_message_id=message.reply_to_message_id,
        finish_reason=message.finish_reason,
        created_at=message.created_at,
        updated_at=message.updated_at,
        duplicate=duplicate,
    )
