"""How what the server says becomes events."""

from typing import get_args

import msgspec

from im_client.errors import IMProtocolError
from im_client.events import AiReply, MessageSent, Sequenced, Told, ToldEvent, UnknownEvent
from im_client.models import Message


class GroupResult(msgspec.Struct, frozen=True):
    recovered: bool
    last_seq: int
    messages: list[Sequenced] = []


class SyncResult(Told, frozen=True, kw_only=True, tag="sync_result"):
    """No event itself: its messages are."""

    epoch: str
    groups: dict[str, GroupResult]


class _Tag(msgspec.Struct):
    type: str


Frame = ToldEvent | SyncResult

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
