"""The wire shapes of the socket, one class a frame, told apart by `type`."""

import json
from typing import Annotated, Any

import msgspec

from app.errors import AppError
from app.models.enums import MessageType
from app.services.core.records import Membership, MessageRecord
from app.services.core.rules import MAX_ID, is_id
from app.utils.clock import rfc3339
from app.utils.id_generator import stream_id_of

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


class ClientFrame(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    pass


class SendMessage(ClientFrame, frozen=True, tag="send_message", kw_only=True):
    """Without `group_id` it goes to the v1 session of this user."""

    content: str
    group_id: Id | None = None
    msg_type: str = "TEXT"
    client_msg_id: str | None = None
    reply_to_message_id: str | None = None


class Ping(ClientFrame, frozen=True, tag="ping"):
    pass


class Auth(ClientFrame, frozen=True, tag="auth"):
    token: str


class Sync(ClientFrame, frozen=True, tag="sync"):
    """The last `seq` seen of each group, and the database that it was seen in."""

    epoch: str
    groups: dict[Id, Seq]


class StopAI(ClientFrame, frozen=True, tag="stop_ai"):
    stream_id: Id


class ResyncAI(ClientFrame, frozen=True, tag="resync_ai"):
    stream_id: Id


class ServerFrame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class GroupState(msgspec.Struct, frozen=True):
    last_seq: int
    user_role: str
    ai_mode: str


class Connected(ServerFrame, frozen=True, tag="connected", kw_only=True):
    user_id: str
    connection_id: str
    epoch: str
    server_time: str
    heartbeat_s: int | float
    max_frame_bytes: int
    groups: dict[str, GroupState]


class MessageSentFrame(ServerFrame, frozen=True, tag="message_sent", kw_only=True):
    message_id: str
    group_id: str
    seq: int
    from_user_id: str
    user_role: str
    msg_type: str
    content: str
    created_at: str
    client_msg_id: str | None = None
    duplicate: bool | None = None
    session_id: str | None = None
    reply_to_message_id: str | None = None


class AIReplyFrame(ServerFrame, frozen=True, tag="ai_reply", kw_only=True):
    message_id: str
    group_id: str
    seq: int
    from_user_id: str
    content: str
    user_message_id: str
    finish_reason: str
    created_at: str
    stream_id: str
    session_id: str | None = None


class GroupSync(msgspec.Struct, frozen=True, omit_defaults=True):
    """`messages` are encoded frames in `seq` order, all that were missed; where they are too many
    to be told of here there are none, and `recovered` is false."""

    recovered: bool
    last_seq: int
    messages: list[msgspec.Raw] | None = None


class SyncResult(ServerFrame, frozen=True, tag="sync_result"):
    epoch: str
    groups: dict[str, GroupSync]


class MemberAddedFrame(ServerFrame, frozen=True, tag="member_added"):
    group_id: str
    user_id: str
    user_role: str


class MemberRemovedFrame(ServerFrame, frozen=True, tag="member_removed"):
    group_id: str
    user_id: str
    user_role: str


class AIModeChangedFrame(ServerFrame, frozen=True, tag="ai_mode_changed"):
    group_id: str
    ai_mode: str
    by_user_id: str


class Pong(ServerFrame, frozen=True, tag="pong"):
    pass


class ErrorFrame(ServerFrame, frozen=True, tag="error", kw_only=True):
    code: str
    number: int
    message: str
    retryable: bool
    client_msg_id: str | None = None
    group_id: str | None = None


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(
    SendMessage | Sync | Ping | Auth | StopAI | ResyncAI
)


def decode(text: str) -> ClientFrame:
    """Raises msgspec.ValidationError for JSON that is no frame of ours, and DecodeError, which is
    its base, for what is no JSON or is nested beyond reason."""
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if _json(text) is None:
            raise
        raise msgspec.ValidationError("Half a surrogate pair is no character") from None
    except RecursionError:
        raise msgspec.DecodeError("Nested too deeply") from None


def ids_in(text: str) -> tuple[str | None, str | None]:
    """The client_msg_id and the group_id of a refused frame, where it has any, so that whoever
    waits for an answer gets one."""
    frame = _json(text)
    if not isinstance(frame, dict):
        return None, None
    return _id(frame.get("client_msg_id")), _id(frame.get("group_id"))


def _json(text: str) -> Any:
    """None for what is no JSON. Knows half surrogate pairs, which msgspec does not."""
    try:
        return json.loads(text, parse_constant=int)
    except (ValueError, RecursionError):  # as int("NaN") is one
        return None


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and is_id(value) else None


def encode(frame: ServerFrame | dict[str, Any]) -> bytes:
    return _encoder.encode(frame)


def with_client_msg_id(payload: bytes, client_msg_id: str) -> bytes:
    """An encoded frame as its sender gets it, without encoding it a second time."""
    return b'%b,"client_msg_id":%b}' % (payload[:-1], _encoder.encode(client_msg_id))


def stored_frame(message: MessageRecord, *, for_sender: bool = False) -> ServerFrame:
    """How a stored message looks on the socket; its client_msg_id is its sender's alone."""
    if message.msg_type == MessageType.AI_REPLY:
        return AIReplyFrame(
            message_id=message.message_id,
            group_id=message.group_id,
            seq=message.seq,
            from_user_id=message.from_user_id,
            content=message.msg_content,
            user_message_id=message.reply_to_message_id or "",
            finish_reason=message.finish_reason or "complete",
            created_at=rfc3339(message.created_at),
            stream_id=stream_id_of(message.reply_to_message_id or ""),
            session_id=message.session_id,
        )
    return MessageSentFrame(
        message_id=message.message_id,
        group_id=message.group_id,
        seq=message.seq,
        from_user_id=message.from_user_id,
        user_role=message.user_role,
        msg_type=message.msg_type,
        content=message.msg_content,
        created_at=rfc3339(message.created_at),
        client_msg_id=message.client_msg_id if for_sender else None,
        duplicate=message.duplicate or None,
        session_id=message.session_id,
        reply_to_message_id=message.reply_to_message_id,
    )


def error_frame(
    error: AppError, client_msg_id: str | None = None, group_id: str | None = None
) -> ErrorFrame:
    return ErrorFrame(
        code=error.code,
        number=error.number,
        message=error.message,
        retryable=error.retryable,
        client_msg_id=client_msg_id,
        group_id=group_id,
    )


def group_states(memberships: list[Membership]) -> dict[str, GroupState]:
    return {
        m.group.group_id: GroupState(m.group.last_seq, m.user_role, m.group.ai_mode)
        for m in memberships
    }
