"""One reply as it grows."""

from collections.abc import Callable

from app.services.ai.calls.faults import CutOff, Empty, TooLong
from app.services.ai.calls.protocols.base import Part
from app.services.ai.calls.text import TextCleaner, clean


class Reply:
    def __init__(self, heard: Callable[[str], None], max_bytes: int) -> None:
        self._heard = heard
        self._room = max_bytes
        self._max_bytes = max_bytes
        self._cleaner = TextCleaner()
        self._pieces: list[str] = []
        self._whole: str | None = None
        self._finish_reason: str | None = None

    def take(self, part: Part) -> None:
        self._hear(self._cleaner.feed(part.delta))
        if part.reply is not None:
            self._whole = part.reply
        self._finish_reason = self._finish_reason or part.finish_reason

    def end(self) -> tuple[str, str]:
        """The text and the finish_reason. Raises CutOff, Empty or TooLong."""
        if self._finish_reason is None:
            raise CutOff
        self._hear(self._cleaner.end())
        text = "".join(self._pieces) if self._whole is None else clean(self._whole)
        if not text.strip():
            raise Empty
        if len(text.encode()) > self._max_bytes:
            raise TooLong
        return text, self._finish_reason

    def _hear(self, piece: str) -> None:
        """What would make the reply too long is not heard any more."""
        if not piece:
            return
        self._room -= len(piece.encode())
        if self._room < 0:
            raise TooLong
        self._pieces.append(piece)
        self._heard(piece)
