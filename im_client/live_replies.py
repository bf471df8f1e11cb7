from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from im_client.events import (
    AiReply,
    AiReplyDelta,
    AiReplyFailed,
    AiReplyReset,
    AiReplySnapshot,
    AiReplyStart,
    ErrorFrame,
    Event,
    MemberRemoved,
)
from im_client.wire import SyncResult

_STREAM_NOT_FOUND = 3002
_ENDED = 100
"""Streams remembered after their end, which a late snapshot must not bring back."""


@dataclass(slots=True)
class _Stream:
    group_id: str
    user_message_id: str = ""
    n: int = 0
    """Of the next delta."""
    text: str = ""
    whole: bool = True
    """False between a hole and the snapshot that fills it."""


class LiveReplies:
    """Replies in the making, joined from their pieces; without I/O.

    The program hears of a reply only with its whole text so far. Where a piece is missing it hears
    nothing until a snapshot comes, which `ask` requests, once for each hole.
    """

    def __init__(self, user_id: str, ask: Callable[[str], None]) -> None:
        self._user_id = user_id
        self._ask = ask
        self._streams: dict[str, _Stream] = {}
        self._asked: dict[str, None] = {}
        self._ended: deque[str] = deque(maxlen=_ENDED)
        self._handlers: dict[type, Callable[[Any], Event | None]] = {
            AiReplyStart: self._start,
            AiReplyDelta: self._delta,
            AiReplyReset: self._reset,
            AiReplySnapshot: self._snapshot,
            AiReply: self._reply,
            AiReplyFailed: self._failed,
            MemberRemoved: self._removed,
        }

    def restart(self) -> None:
        """Another connection: each reply still in the making comes with a snapshot."""
        self._streams.clear()
        self._asked.clear()

    def take(self, event: Event) -> Event | None:
        """What the program is to hear instead: a delta with its `text_so_far`, or None."""
        handler = self._handlers.get(type(event))
        return event if handler is None else handler(event)

    def recovered(self, result: SyncResult) -> None:
        for group in result.groups.values():
            for message in group.messages:
                self.take(message)

    def refuse(self, error: ErrorFrame) -> bool:
        """Whether the error says that a reply asked for has ended meanwhile."""
        if error.number != _STREAM_NOT_FOUND or not self._asked:
            return False
        stream_id = next(iter(self._asked))
        del self._asked[stream_id]
        self._streams.pop(stream_id, None)
        return True

    def _start(self, event: AiReplyStart) -> Event:
        if event.stream_id in self._ended:  # a failed reply is tried once more
            self._ended.remove(event.stream_id)
        self._streams[event.stream_id] = _Stream(event.group_id, event.user_message_id)
        return event

    def _delta(self, event: AiReplyDelta) -> Event | None:
        if event.stream_id in self._ended:
            return None
        stream = self._streams.setdefault(event.stream_id, _Stream(event.group_id))
        if not stream.whole or _is_repeat(stream, event):
            return None
        if (event.n, event.offset) != (stream.n, len(stream.text)):
            self._miss(event.stream_id, stream)
            return None
        stream.n, stream.text = event.n + 1, stream.text + event.text
        return msgspec.structs.replace(event, text_so_far=stream.text)

    def _miss(self, stream_id: str, stream: _Stream) -> None:
        stream.whole = False
        if stream_id not in self._asked:
            self._asked[stream_id] = None
            self._ask(stream_id)

    def _reset(self, event: AiReplyReset) -> Event | None:
        if event.stream_id in self._ended:
            return None
        stream = self._streams.setdefault(event.stream_id, _Stream(event.group_id))
        stream.n, stream.text, stream.whole = 0, "", True
        return event

    def _snapshot(self, event: AiReplySnapshot) -> Event | None:
        self._asked.pop(event.stream_id, None)
        if event.stream_id in self._ended:
            return None
        found = _Stream(event.group_id, event.user_message_id, event.n, event.text)
        known = self._streams.get(event.stream_id)
        self._streams[event.stream_id] = found
        return None if known == found else event

    def _reply(self, event: AiReply) -> Event:
        if event.stream_id is not None:
            self._end(event.stream_id)
        self._end_answer_to(event.group_id, event.user_message_id)
        return event

    def _failed(self, event: AiReplyFailed) -> Event:
        self._end_answer_to(event.group_id, event.user_message_id)
        return event

    def _removed(self, event: MemberRemoved) -> Event:
        if event.user_id == self._user_id:
            for stream_id, stream in list(self._streams.items()):
                if stream.group_id == event.group_id:
                    del self._streams[stream_id]
        return event

    def _end_answer_to(self, group_id: str, user_message_id: str) -> None:
        """Also a stream of the group whose question is unknown: groups have one at a time."""
        for stream_id, stream in list(self._streams.items()):
            if stream.group_id == group_id and stream.user_message_id in {"", user_message_id}:
                self._end(stream_id)

    def _end(self, stream_id: str) -> None:
        self._streams.pop(stream_id, None)
        if stream_id not in self._ended:
            self._ended.append(stream_id)


def _is_repeat(stream: _Stream, event: AiReplyDelta) -> bool:
    """The same place with another text is none: a reset was missed."""
    return event.n < stream.n and stream.text.startswith(event.text, event.offset)
