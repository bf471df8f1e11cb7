"""A user on a WebSocket who waits for the AI's reply before sending again."""

import json
from dataclasses import dataclass, field
from typing import Any

from bench.clients.reply import Reply
from bench.clients.socket_user import SocketUser
from bench.clients.tally import Tally
from bench.clients.user import Place, clock

ABOUT_REPLIES = b'{"type":"ai_reply'


@dataclass(slots=True)
class Heard:
    """Of a reply that is under way."""

    first_at: float
    texts: list[str] = field(default_factory=list)
    in_order: bool = True


class Patient(SocketUser):
    """A message is under way, to the tally, until its reply is here."""

    def __init__(self, place: Place, tally: Tally, replies: list[Reply]) -> None:
        super().__init__(place, tally)
        self._replies = replies
        self._asked: dict[str, bytes] = {}
        self._heard: dict[str, Heard] = {}

    def take_message(self, payload: bytes, now: float) -> bool:  # noqa: ARG002 - as its base has it
        """Stored, but not answered yet."""
        frame = json.loads(payload)
        client_msg_id = str(frame.get("client_msg_id", "")).encode()
        if client_msg_id in self._waiting and client_msg_id not in self._asked.values():
            self._asked[frame["message_id"]] = client_msg_id
        else:
            self._tally.unexpected += 1
        return False

    def take_frame(self, payload: bytes) -> None:
        if not payload.startswith(ABOUT_REPLIES):
            super().take_frame(payload)
            return
        frame = json.loads(payload)
        if frame["type"] == "ai_reply":
            self._take_reply(frame, clock())
        elif frame["type"] == "ai_reply_delta":
            self._take_delta(frame, clock())
        elif frame["type"] == "ai_reply_reset":
            self._heard.pop(frame["stream_id"], None)
        elif frame["type"] == "ai_reply_failed":
            self.refused(self._asked.pop(frame["user_message_id"], b""), frame["code"])

    def _take_delta(self, frame: dict[str, Any], now: float) -> None:
        heard = self._heard.setdefault(frame["stream_id"], Heard(now))
        heard.in_order &= frame["n"] == len(heard.texts)
        heard.texts.append(frame["text"])

    def _take_reply(self, frame: dict[str, Any], now: float) -> None:
        asked = frame["user_message_id"]
        heard = self._heard.pop(frame["stream_id"], None)
        sent_at = self.acknowledged(self._asked.pop(asked, b""), now)
        if sent_at is None:
            return
        whole = heard is None or (heard.in_order and "".join(heard.texts) == frame["content"])
        first_at, deltas = (heard.first_at, len(heard.texts)) if heard else (None, 0)
        self._replies.append(
            Reply(sent_at, now, first_at, asked, frame["message_id"], whole, deltas)
        )
        self.answered(1)
