"""A client for the IM service: HTTP calls, and a socket that survives lost connections."""

from im_client.client import IMClient
from im_client.errors import (
    IMClientError,
    IMClosedError,
    IMConnectionError,
    IMError,
    IMProtocolError,
    IMUnacknowledgedError,
)
from im_client.events import (
    AiReply,
    AiReplyFailed,
    Connected,
    ErrorFrame,
    Event,
    GroupState,
    MemberAdded,
    MemberRemoved,
    MessageSent,
    Pong,
    Reconnecting,
    UnknownEvent,
)
from im_client.models import Group, Interaction, Member, Message, User

__all__ = [
    "AiReply",
    "AiReplyFailed",
    "Connected",
    "ErrorFrame",
    "Event",
    "Group",
    "GroupState",
    "IMClient",
    "IMClientError",
    "IMClosedError",
    "IMConnectionError",
    "IMError",
    "IMProtocolError",
    "IMUnacknowledgedError",
    "Interaction",
    "Member",
    "MemberAdded",
    "MemberRemoved",
    "Message",
    "MessageSent",
    "Pong",
    "Reconnecting",
    "UnknownEvent",
    "User",
]
