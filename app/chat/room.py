"""One group in the terminal: what is typed goes in, what happens is shown."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from app.chat.choice import latest_group
from app.chat.replies import MODES, Partial, ReplyView
from app.chat.terminal import Screen, typed_lines
from im_client import (
    AiModeChanged,
    AiReply,
    AiReplyDelta,
    AiReplyFailed,
    AiReplyReset,
    AiReplySnapshot,
    AiReplyStart,
    Connected,
    EpochChanged,
    ErrorFrame,
    IMClient,
    IMClientError,
    IMConnectionError,
    IMError,
    IMUnacknowledgedError,
    MemberAdded,
    MemberRemoved,
    MessageSent,
    PositionLost,
    Reconnecting,
)

_STYLES = {"PATIENT": "cyan", "DOCTOR": "green", "AI_ASSISTANT": "magenta"}
_ROLES = {"PATIENT": "patient", "DOCTOR": "doctor", "AI_ASSISTANT": "AI"}
_SHOW_TIMEOUT_S = 5.0
_OLDER = 20
_QUOTED = 60
_HELP = """\
/history  show older messages
/members  show who is in this group
/stop     stop the AI's reply
/ai MODE  whom the AI answers: auto, mention or off (for doctors)
/quit     leave (Ctrl-D does too)
//...     send a message that begins with a slash"""


@dataclass(frozen=True, slots=True)
class Options:
    user: str
    group: str | None
    history: int
    wait: float


class Chat:
    def __init__(self, client: IMClient, screen: Screen, options: Options) -> None:
        self._client = client
        self._screen = screen
        self._options = options
        self._group = options.group  # None: the user's own session with the AI
        self._reply = ReplyView(screen, _STYLES["AI_ASSISTANT"])
        self._roles: dict[str, str] = {}
        self._oldest: int | None = None
        self._newest = 0
        self._acknowledged = 0
        self._asked: set[str] = set()
        self._answered: set[str] = set()
        self._failed = False
        self._changed = asyncio.Condition()
        self._greeted = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            Connected: self._on_connected,
            MessageSent: self._on_message,
            AiReply: self._on_reply,
            AiReplyFailed: self._on_failure,
            AiModeChanged: self._on_mode,
            MemberAdded: self._on_added,
            MemberRemoved: self._on_removed,
            ErrorFrame: lambda event: screen.problem(event.message),
            Reconnecting: self._on_reconnecting,
            EpochChanged: lambda _event: self._start_anew(),
            PositionLost: self._on_lost,
            **dict.fromkeys(
                (AiReplyStart, AiReplyDelta, AiReplyReset, AiReplySnapshot), self._on_partial
            ),
        }
        self._commands: dict[str, Callable[[], Awaitable[None]]] = {
            "/history": self._show_older,
            "/members": self._show_members,
            "/stop": self._stop,
            "/help": self._show_help,
            **{f"/ai {mode}": partial(self._set_mode, mode) for mode in MODES},
        }

    async def run(self) -> bool:
        """Returns whether everything typed has been stored."""
        await self._choose_group()
        await self._client.connect()  # before the history, so that nothing falls between
        if self._group is not None and self._options.history:
            await self._show_older()
        self._screen.notice("Type a message and press Enter. /help lists the commands.")
        tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._converse())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._reply.ends()
        return not self._failed

    @property
    def _room(self) -> str:
        return self._group or f"session_{self._options.user}"

    async def _choose_group(self) -> None:
        if self._group is None:
            self._group = await latest_group(self._client, self._screen)
        if self._group is None:
            self._screen.notice("You are in no group yet: this is your own session with the AI.")
            return
        self._roles = {m.user_id: m.user_role for m in await self._client.members(self._group)}
        self._screen.notice(f"This is group {self._group}.")

    async def _watch(self) -> None:
        async for event in self._client.events():
            handler = self._handlers.get(type(event))
            if handler is not None:
                handler(event)
            async with self._changed:
                self._changed.notify_all()

    async def _converse(self) -> None:
        lines = typed_lines()
        while (line := await lines.get()) is not None:
            text = line.strip()
            if text == "/quit":
                break
            if text:
                await self._obey(text)
        await self._until(lambda: self._newest >= self._acknowledged, _SHOW_TIMEOUT_S)
        if line is None:
            await self._until(lambda: self._asked <= self._answered, self._options.wait)

    async def _until(self, reached: Callable[[], bool], seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(reached)

    async def _obey(self, text: str) -> None:
        if not text.startswith("/") or text.startswith("//"):
            await self._send(text.removeprefix("/"))
            return
        self._screen.line_typed(erase=False)
        command = self._commands.get(text)
        if command is None:
            self._screen.problem(f"There is no command {text}; /help lists them.")
            return
        try:
            await command()
        except (IMError, IMConnectionError) as exc:
            self._screen.problem(words(exc))

    async def _send(self, text: str) -> None:
        self._screen.line_typed(erase=True)
        try:
            stored = await self._client.send(self._group, text)
        except IMUnacknowledgedError as exc:
            self._not_sent("Perhaps not sent" if exc.sent else "Not sent", exc, text)
        except (IMError, IMConnectionError) as exc:
            self._not_sent("Not sent", exc, text)
        else:
            self._acknowledged = stored.seq
            self._asked.add(stored.message_id)

    def _not_sent(self, verdict: str, exc: IMClientError, text: str) -> None:
        beginning = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
        self._screen.problem(f"{verdict}: {words(exc)}: {beginning}")
        self._failed = True

    async def _show_older(self) -> None:
        limit = self._options.history or _OLDER
        found = await self._client.history(self._room, limit, before_seq=self._oldest)
        messages = [m for m in found if self._oldest is None or m.seq < self._oldest]
        if not messages:
            self._screen.notice("There are no older messages.")
        elif self._oldest is not None:
            self._screen.notice("Older messages:")
        for message in messages:
            if message.user_role is not None:
                self._roles.setdefault(message.from_user_id, message.user_role)
            self._show(message.from_user_id, message.created_at, message.msg_content)
        for message in messages:
            self._note_shown(message.seq)

    async def _show_members(self) -> None:
        for member in await self._client.members(self._room):
            self._screen.notice(f"{member.user_id} ({_role(member.user_role)})")

    async def _stop(self) -> None:
        if self._reply.stream_id is None:
            self._screen.problem("The AI is not answering just now.")
        else:
            await self._client.stop_ai(self._reply.stream_id)

    async def _set_mode(self, mode: str) -> None:
        await self._client.set_ai_mode(self._room, mode)

    async def _show_help(self) -> None:
        self._screen.notice(_HELP)

    def _on_connected(self, event: Connected) -> None:
        if self._greeted:
            self._screen.notice("Connected again.")
        self._reply.connected(event, self._room)
        self._greeted = True

    def _on_reconnecting(self, event: Reconnecting) -> None:
        self._reply.ends()
        self._screen.notice(f"Connection lost; trying again in {event.delay:.1f} s.")

    def _on_lost(self, event: PositionLost) -> None:
        if event.group_id == self._room:
            self._start_anew()

    def _start_anew(self) -> None:
        self._screen.problem("The server has other data now: what is above may no longer be there.")
        self._oldest, self._newest, self._acknowledged = None, 0, 0

    def _on_message(self, event: MessageSent) -> None:
        if event.user_role is not None and event.group_id == self._room:
            self._roles[event.from_user_id] = event.user_role
        self._on_text(event)

    def _on_reply(self, event: AiReply) -> None:
        self._roles.setdefault(event.from_user_id, "AI_ASSISTANT")
        if event.group_id == self._room:
            self._reply.ends()
            self._on_text(event)
            self._reply.replied(event)
        self._answered.add(event.user_message_id)

    def _on_text(self, event: MessageSent | AiReply) -> None:
        if event.group_id == self._room and event.seq > self._newest:
            self._show(event.from_user_id, event.created_at, event.content)
            self._note_shown(event.seq)

    def _on_failure(self, event: AiReplyFailed) -> None:
        self._answered.add(event.user_message_id)
        if event.group_id == self._room:
            self._reply.failed(event)

    def _on_partial(self, event: Partial) -> None:
        if event.group_id == self._room:
            self._reply.grows(event)

    def _on_mode(self, event: AiModeChanged) -> None:
        if event.group_id == self._room:
            self._reply.mode_changed(event)

    def _on_added(self, event: MemberAdded) -> None:
        if event.group_id == self._room:
            self._roles[event.user_id] = event.user_role
            if event.user_id != self._options.user:
                self._screen.notice(f"{event.user_id} ({_role(event.user_role)}) joined.")

    def _on_removed(self, event: MemberRemoved) -> None:
        if event.group_id == self._room:
            who = "You are" if event.user_id == self._options.user else f"{event.user_id} is"
            self._screen.notice(f"{who} no longer in this group.")

    def _show(self, user_id: str, at: datetime, content: str) -> None:
        role = self._roles.get(user_id, "")
        who = user_id if role in {"", "AI_ASSISTANT"} else f"{user_id} ({_role(role)})"
        if user_id == self._options.user:
            who = "you"
        elif role == "AI_ASSISTANT":
            who = "AI"
        self._screen.message(at, who, _STYLES.get(role, "default"), content)

    def _note_shown(self, seq: int) -> None:
        self._oldest = seq if self._oldest is None else min(self._oldest, seq)
        self._newest = max(self._newest, seq)


def _role(role: str) -> str:
    return _ROLES.get(role, role)


def words(exc: IMClientError) -> str:
    """What the server said, without its code."""
    if isinstance(exc, IMError):
        return exc.message
    return exc.reason if isinstance(exc, IMConnectionError) else str(exc)
