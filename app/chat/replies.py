"""The AI's part in one group: its reply as it comes, and whom it answers."""

from app.chat.terminal import Screen
from im_client import (
    AiModeChanged,
    AiReply,
    AiReplyDelta,
    AiReplyFailed,
    AiReplyReset,
    AiReplySnapshot,
    AiReplyStart,
    Connected,
)

MODES = {
    "auto": "The AI answers patients",
    "mention": "The AI answers only where it is called: @AI",
    "off": "The AI is off",
}

Partial = AiReplyStart | AiReplyDelta | AiReplyReset | AiReplySnapshot


class ReplyView:
    def __init__(self, screen: Screen, style: str) -> None:
        self._screen = screen
        self._style = style
        self._stream_id: str | None = None
        self._mode: str | None = None

    @property
    def stream_id(self) -> str | None:
        """Of the reply in the making."""
        return self._stream_id

    def grows(self, event: Partial) -> None:
        self._stream_id = event.stream_id
        self._screen.partial("AI", self._style, event.text_so_far)

    def ends(self) -> None:
        """With any reply or failure, as a group has one at a time, and with the connection."""
        self._stream_id = None
        self._screen.end_partial()

    def failed(self, event: AiReplyFailed) -> None:
        self.ends()
        self._screen.problem(f"The AI could not answer: {event.message}")

    def replied(self, event: AiReply) -> None:
        """After its text."""
        if event.finish_reason == "stopped":
            self._screen.notice("The reply was stopped.")

    def connected(self, event: Connected, room: str) -> None:
        """Tells of a mode that was changed while away."""
        state = event.groups.get(room)
        if state is not None:
            if self._mode not in {None, state.ai_mode}:
                self._screen.notice(f"{_meaning(state.ai_mode)}.")
            self._mode = state.ai_mode

    def mode_changed(self, event: AiModeChanged) -> None:
        self._mode = event.ai_mode
        self._screen.notice(f"{_meaning(event.ai_mode)} (set by {event.by_user_id}).")


def _meaning(mode: str) -> str:
    return MODES.get(mode, f"The AI's mode is {mode}")
