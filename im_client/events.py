"""What `IMClient.events()` yields: the server's frames, told apart by `type`, and the client's own
reports about the connection.
"""

from datetime import datetime
from typing import Any

import msgspec


class Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A frame of the server."""


class GroupState(msgspec.Struct, frozen=True, kw_only=True):
    last_seq: int
    user_role: str
    ai_mode: str = "auto"


class Connected(Told, frozen=True, kw_only=True, tag="connected"):
    """`epoch` is the identity of the server's database: when it changes, known seqs are void."""

    user_id: str
    connection_id: str
    epoch: str
    server_time: datetime
    heartbeat_s: float = 25
    max_frame_bytes: int = 65536
    groups: dict[str, GroupState] = {}


class MessageSent(Told, frozen=True, kw_only=True, tag="message_sent"):
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


class AiReply(Told, frozen=True, kw_only=True, tag="ai_reply"):
    """`stream_id` names the deltas that came before, where there were any."""

    message_id: str
    group_id: str
    seq: int
    from_user_id: str
    content: str
    user_message_id: str
    created_at: datetime
    finish_reason: str = "complete"
    stream_id: str | None = None
    session_id: str | None = None


class AiReplyFailed(Told, frozen=True, kw_only=True, tag="ai_reply_failed"):
    group_id: str
    user_message_id: str
    record_id: str
    code: str
    number: int
    message: str


class AiReplyStart(Told, frozen=True, kw_only=True, tag="ai_reply_start"):
    """The AI begins to answer; deltas with this `stream_id` follow."""

    stream_id: str
    group_id: str
    user_message_id: str

    @property
    def text_so_far(self) -> str:
        return ""


class AiReplyDelta(Told, frozen=True, kw_only=True, tag="ai_reply_delta"):
    """The next piece of a reply. `n` counts from 0; `offset` is in characters.

    `text_so_far` is the client's own: everything up to and including this piece.
    """

    stream_id: str
    group_id: str
    n: int
    offset: int
    text: str
    text_so_far: str = ""


class AiReplyReset(Told, frozen=True, kw_only=True, tag="ai_reply_reset"):
    """The AI begins anew: the text so far is void."""

    stream_id: str
    group_id: str

    @property
    def text_so_far(self) -> str:
        return ""


class AiReplySnapshot(Told, frozen=True, kw_only=True, tag="ai_reply_snapshot"):
    """The whole text so far; the next delta is number `n`."""

    stream_id: str
    group_id: str
    user_message_id: str
    n: int
    text: str

    @property
    def text_so_far(self) -> str:
        return self.text


class AiModeChanged(Told, frozen=True, kw_only=True, tag="ai_mode_changed"):
    """Whom the AI answers in the group: `auto`, `mention` or `off`."""

    group_id: str
    ai_mode: str
    by_user_id: str


class MemberAdded(Told, frozen=True, kw_only=True, tag="member_added"):
    group_id: str
    user_id: str
    user_role: str


class MemberRemoved(Told, frozen=True, kw_only=True, tag="member_removed"):
    group_id: str
    user_id: str
    user_role: str | None = None


class ErrorFrame(Told, frozen=True, kw_only=True, tag="error"):
    code: str
    number: int
    message: str
    retryable: bool = False
    client_msg_id: str | None = None
    group_id: str | None = None


class Pong(Told, frozen=True, kw_only=True, tag="pong"):
    pass


class UnknownEvent(msgspec.Struct, frozen=True):
    """A frame of a type this version does not know."""

    raw: dict[str, Any]


class Reconnecting(msgspec.Struct, frozen=True):
    """The connection is lost; the next attempt starts in `delay` seconds."""

    delay: float
    reason: str


class EpochChanged(msgspec.Struct, frozen=True):
    """The server has another database: every seq known so far is void. Comes before Connected."""

    previous: str
    epoch: str


class PositionLost(msgspec.Struct, frozen=True):
    """The group's history is shorter than what was seen of it, as after a restored backup: what
    was seen after `last_seq` is gone. The next message of the group is `resumes_at`.
    """

    group_id: str
    last_seq: int
    resumes_at: int


Sequenced = MessageSent | AiReply
Ephemeral = AiReplyStart | AiReplyDelta | AiReplyReset | AiReplySnapshot
ToldEvent = (
    Connected | Sequenced | AiReplyFailed | Ephemeral | AiModeChanged | MemberAdded | MemberRemoved
    | ErrorFrame | Pong
)  # fmt: skip
Event = ToldEvent | UnknownEvent | Reconnecting | EpochChanged | PositionLost
