"""What `IMClient.events()` yields: the server's frames, told apart by `type`, and the client's own
reports about the connection.
"""

from datetime import datetime
from typing import Any, get_args

import msgspec

from im_client.errors import IMProtocolError
from im_client.models import Message


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    pass


class GroupState(msgspec.Struct, frozen=True, kw_only=True):
    last_seq: int
    user_role: str
    ai_mode: str = "auto"


class Connected(_Frame, frozen=True, kw_only=True, tag="connected"):
    """`epoch` is the identity of the server's database: when it changes, known seqs are void."""

    user_id: str
    connection_id: str
    epoch: str
    server_time: datetime
    heartbeat_s: float = 25
    max_frame_bytes: int = 65536
    groups: dict[str, GroupState] = {}


class MessageSent(_Frame, frozen=True, kw_only=True, tag="message_sent"):
    """A stored message; to its sender also the acknowledgement, then with `client_msg_id`."""

    message_id: str
    group_id: str
    seq: int
    from_user_id: str
    msg_type: str
    content: str
    created_at: datetime
    user_role: str | None = None
    client_msg_id: str | None = None
    duplicate: bool | None = None
    reply_to_message_id: str | None = None
    session_id: str | None = None


class AiReply(_Frame, frozen=True, kw_only=True, tag="ai_reply"):
    message_id: str
    group_id: str
    seq: int
    from_user_id: str
    content: str
    user_message_id: str
    created_at: datetime
    finish_reason: str = "complete"
    session_id: str | None = None


class AiReplyFailed(_Frame, frozen=True, kw_only=True, tag="ai_reply_failed"):
    group_id: str
    user_message_id: str
    record_id: str
    code: str
    number: int
    message: str


class MemberAdded(_Frame, frozen=True, kw_only=True, tag="member_added"):
    group_id: str
    user_id: str
    user_role: str


class MemberRemoved(_Frame, frozen=True, kw_only=True, tag="member_removed"):
    group_id: str
    user_id: str
    user_role: str | None = None


class ErrorFrame(_Frame, frozen=True, kw_only=True, tag="error"):
    code: str
    number: int
    message: str
    retryable: bool = False
    client_msg_id: str | None = None
    group_id: str | None = None


class Pong(_Frame, frozen=True, kw_only=True, tag="pong"):
    pass


class UnknownEvent(msgspec.Struct, frozen=True):
    """A frame of a type this version does not know."""

    raw: dict[str, Any]


class Reconnecting(msgspec.Struct, frozen=True):
    """The connection is lost; the next attempt starts in `delay` seconds."""

    delay: float
    reason: str


class _Tag(msgspec.Struct):
    type: str


Frame = (
    Connected
    | MessageSent
    | AiReply
    | AiReplyFailed
    | MemberAdded
    | MemberRemoved
    | ErrorFrame
    | Pong
)
Sequenced = MessageSent | AiReply
Event = Frame | UnknownEvent | Reconnecting

_KNOWN = frozenset(frame.__struct_config__.tag for frame in get_args(Frame))
_TAGS = msgspec.json.Decoder(_Tag)
_FRAMES: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


def decode(raw: str | bytes) -> Frame | UnknownEvent:
    try:
        if _TAGS.decode(raw).type in _KNOWN:
            return _FRAMES.decode(raw)
        return UnknownEvent(msgspec.json.decode(raw))
    except msgspec.DecodeError as exc:
        raise IMProtocolError(f"unreadable frame: {exc}") from exc


def from_history(message: Message, user_id: str) -> Sequenced:
    """The event that `user_id` would have received live for a stored message."""
    fields = {
        name: getattr(message, name)
        for name in ("message_id", "group_id", "seq", "from_user_id", "created_at", "session_id")
    }
    if message.msg_type == "AI_REPLY":
        return AiReply(
            content=message.msg_content,
            user_message_id=message.reply_to_message_id or "",
            finish_reason=message.finish_reason or "complete",
            **fields,
        )
    own = message.from_user_id == user_id
    return MessageSent(
        content=message.msg_content,
        msg_type=message.msg_type,
        user_role=message.user_role,
        client_msg_id=message.client_msg_id if own else None,
        reply_to_message_id=message.reply_to_message_id,
        **fields,
    )
