"""What goes into the core and what comes out: frozen records, no ORM object ever leaves a session.

msgspec structs, since a busy server makes several of them for each message.
"""

from datetime import datetime

import msgspec

from app.models.group import session_of


class SendCommand(msgspec.Struct, frozen=True, kw_only=True):
    """`by_system` is set by layers of this service that speak for nobody in the group, such as
    the AI layer: neither membership is then asked for, nor the message replied to."""

    group_id: str
    from_user_id: str
    content: str
    msg_type: str = "TEXT"
    client_msg_id: str | None = None
    reply_to_message_id: str | None = None
    finish_reason: str | None = None
    by_system: bool = False


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A stored message. `user_role` is the sender's role in the group when it was sent."""

    id: int
    message_id: str
    group_id: str
    seq: int
    from_user_id: str
    user_role: str
    msg_type: str
    msg_content: str
    client_msg_id: str | None
    reply_to_message_id: str | None
    finish_reason: str | None
    created_at: datetime
    updated_at: datetime
    duplicate: bool = False

    @property
    def session_id(self) -> str | None:
        return session_of(self.group_id)


class UserRecord(msgspec.Struct, frozen=True):
    id: int
    user_id: str
    username: str
    user_role: str
    created_at: datetime
    updated_at: datetime


class GroupRecord(msgspec.Struct, frozen=True):
    id: int
    group_id: str
    group_name: str
    description: str | None
    created_by: str
    ai_mode: str
    last_seq: int
    created_at: datetime
    updated_at: datetime


class MemberRecord(msgspec.Struct, frozen=True):
    user_id: str
    user_role: str
    joined_at: datetime


class Membership(msgspec.Struct, frozen=True):
    """A group as one of its members sees it. `last_message` only where it was asked for;
    `member_changes`: how often its members had changed by then."""

    group: GroupRecord
    user_role: str
    last_message: MessageRecord | None = None
    member_changes: int = 0
