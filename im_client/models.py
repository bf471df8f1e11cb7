"""Records of the HTTP API. Unknown fields are ignored; roles and types stay plain strings, so
that a newer server does not break an older client.
"""

from datetime import datetime

import msgspec


class User(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str
    username: str
    user_role: str
    created_at: datetime


class Message(msgspec.Struct, frozen=True, kw_only=True):
    message_id: str
    group_id: str
    seq: int
    from_user_id: str
    msg_type: str
    msg_content: str
    created_at: datetime
    client_msg_id: str | None = None
    reply_to_message_id: str | None = None
    finish_reason: str | None = None
    session_id: str | None = None
    user_role: str | None = None
    duplicate: bool | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """`user_role` and `last_message` are given only in the caller's own list of groups."""

    group_id: str
    group_name: str
    created_by: str
    last_seq: int
    created_at: datetime
    description: str | None = None
    ai_mode: str = "auto"
    user_role: str | None = None
    last_message: Message | None = None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str
    user_role: str
    joined_at: datetime


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """How the AI service fared with one message. `status`: 0 in progress, 1 success, 2 failed."""

    record_id: str
    user_message_id: str
    status: int
    ai_message_id: str | None = None
    duration_ms: int | None = None
    error_message: str | None = None
