"""Replies while they come: told in pieces, never stored, and shown whole to whoever asks."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from app.config import AISettings
from app.errors import AIUnavailable, AppError
from app.models.enums import AIMode
from app.services.ai.message_router_service import DOCTOR_ANSWERS
from app.services.ai.records import Asked, Job
from app.utils.id_generator import stream_id_of

Tell = Callable[[str, dict[str, Any]], object]
"""Pushes a frame to a group."""


class LiveReply:
    """One reply under way. Its first piece is told at once, the others together: every `every_s`,
    or `most` of them."""

    def __init__(self, job: Job, tell: Tell, every_s: float, most: int) -> None:
        self.stream_id = stream_id_of(job.user_message_id)
        self.job = job
        self.service_url = ""
        """Of the service that speaks, or is to."""
        self.asked: Asked | None = None
        """Once the question has been read."""
        self.ended: asyncio.Future[AppError | None] = asyncio.get_running_loop().create_future()
        """Done where somebody has ended the reply: with None, what was said so far is stored."""
        self.put_off = False
        """Between two attempts, of which another process may make the next."""
        self._doctor_wrote = False
        self._tell = tell
        self._every_s = every_s
        self._most = most
        self._told = ""
        self._next = 0
        self._pending: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._send("ai_reply_start", user_message_id=self.job.user_message_id)

    def asks(self, service_url: str) -> None:
        self.service_url = service_url

    def heard(self, piece: str) -> None:
        self._pending.append(piece.replace("\x00", ""))  # which databases cannot keep
        if self._timer is None or len(self._pending) >= self._most:
            self.flush()

    @property
    def text(self) -> str:
        """All that was heard."""
        return self._told + "".join(self._pending)

    def flush(self) -> None:
        """What comes within `every_s` after this waits for the end of that time."""
        text, self._pending = "".join(self._pending), []
        self._stop_timer()
        if text:
            self._timer = asyncio.get_running_loop().call_later(self._every_s, self._go_on)
            self._send("ai_reply_delta", n=self._next, offset=len(self._told), text=text)
            self._next += 1
            self._told += text

    def _go_on(self) -> None:
        self._timer = None
        self.flush()

    def reset(self) -> None:
        """What was heard does not count: another attempt begins."""
        self.silence()
        if self._told:
            self._send("ai_reply_reset")
        self._told, self._next = "", 0

    def conclude(self, text: str) -> None:
        """Tells the rest, so that all pieces together are what is stored; nothing to those who
        have heard nothing yet, since they get it whole."""
        if self._next and text != self.text:
            self.reset()
            self._pending = [text]
            self.flush()
        elif self._next:
            self.flush()
        self.silence()

    def begin(self, asked: Asked) -> None:
        self.asked = asked
        self._give_way()

    def cut_in(self) -> None:
        """A doctor has written, perhaps while the question was being read."""
        self._doctor_wrote = True
        self._give_way()

    def _give_way(self) -> None:
        if self._doctor_wrote and self.asked and self.asked.ai_mode == AIMode.AUTO:
            self.end(AIUnavailable(DOCTOR_ANSWERS))

    def end(self, why: AppError | None) -> None:
        if not self.ended.done():
            self.ended.set_result(why)

    def snapshot(self) -> dict[str, Any]:
        """What deltas so far have told; the next one has this `n`."""
        return self._frame(
            "ai_reply_snapshot",
            user_message_id=self.job.user_message_id,
            n=self._next,
            text=self._told,
        )

    def _send(self, kind: str, **fields: object) -> None:
        self._tell(self.job.group_id, self._frame(kind, **fields))

    def _frame(self, kind: str, **fields: object) -> dict[str, Any]:
        return {"type": kind, "stream_id": self.stream_id, "group_id": self.job.group_id, **fields}

    def silence(self) -> None:
        """No delta comes after this, though some may have been heard."""
        self._pending = []
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Streams:
    """The replies that are under way in this process, of which a group has one at a time."""

    def __init__(self, tell: Tell, settings: AISettings) -> None:
        self._tell = tell
        self._every_s = settings.ai_delta_seconds
        self._most = settings.ai_delta_tokens
        self._by_id: dict[str, LiveReply] = {}
        self._by_group: dict[str, LiveReply] = {}

    def open(self, job: Job, service_url: str) -> LiveReply:
        """The one of an earlier attempt, where there was one here. `service_url` is of the service
        that is to be asked first."""
        live = self._by_id.get(stream_id_of(job.user_message_id))
        if live is None:
            live = LiveReply(job, self._tell, self._every_s, self._most)
            self._by_id[live.stream_id] = self._by_group[job.group_id] = live
            live.start()
        live.job, live.service_url, live.put_off = job, service_url, False
        return live

    def close(self, live: LiveReply) -> None:
        live.silence()
        self._by_id.pop(live.stream_id, None)
        if self._by_group.get(live.job.group_id) is live:
            del self._by_group[live.job.group_id]

    def called(self, stream_id: str | None, group_ids: Iterable[str]) -> list[LiveReply]:
        """By its id, or by its group."""
        one = self._by_id.get(stream_id) if stream_id else None
        found = [one, *(self._by_group.get(group_id) for group_id in set(group_ids))]
        return [live for live in found if live is not None]

    @property
    def put_off(self) -> list[LiveReply]:
        return [live for live in self._by_id.values() if live.put_off]
