"""What the client sends on the socket."""

import msgspec


class ClientFrame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    def encoded(self) -> bytes:
        """Raises UnicodeEncodeError for text with half a surrogate pair."""
        return msgspec.json.encode(self)


class SendMessage(ClientFrame, frozen=True, tag="send_message", kw_only=True):
    """Without `group_id` it goes to the caller's own session with the AI."""

    content: str
    client_msg_id: str
    group_id: str | None = None
    msg_type: str = "TEXT"
    reply_to_message_id: str | None = None


class Sync(ClientFrame, frozen=True, tag="sync", kw_only=True):
    """`groups`: the last seq seen in each."""

    epoch: str
    groups: dict[str, int]


class Auth(ClientFrame, frozen=True, tag="auth", kw_only=True):
    """Renews the token of a live connection."""

    token: str

    def __repr__(self) -> str:
        return "Auth(…)"


class StopAi(ClientFrame, frozen=True, tag="stop_ai", kw_only=True):
    stream_id: str


class ResyncAi(ClientFrame, frozen=True, tag="resync_ai", kw_only=True):
    """Asks for a snapshot of a reply in the making."""

    stream_id: str


class Ping(ClientFrame, frozen=True, tag="ping"):
    pass
