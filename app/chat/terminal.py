"""The terminal's side of the chat: what is printed, and what is typed."""

import asyncio
import sys
import threading
import unicodedata
from contextlib import suppress
from datetime import datetime

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Screen:
    """Prints plain lines."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def message(self, at: datetime, who: str, style: str, content: str) -> None:
        line = Text().append(f"{at.astimezone():%H:%M} ", "dim").append(f"{_safe(who)}: ", style)
        line.append(_safe(content).replace("\n", "\n      "))  # no line can pose as another's
        self._print(line)

    def notice(self, text: str) -> None:
        self._print(Text(_safe(text), "dim"))

    def problem(self, text: str) -> None:
        self._print(Text(_safe(text), "red"))

    def erase_typed_line(self) -> None:
        """In a terminal, what was typed comes back as a message, with time and name."""
        if self._console.is_terminal and sys.stdin.isatty():
            up = Control((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
            self._console.control(up)

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _safe(text: str) -> str:
    """What others wrote must not steer the terminal."""
    return "".join("\ufffd" if _steers(char) else char for char in text.replace("\t", "    "))


def _steers(char: str) -> bool:
    return char in _BIDI_CONTROLS or (char != "\n" and unicodedata.category(char) in {"Cc", "Cs"})


def typed_lines() -> asyncio.Queue[str | None]:
    """Lines of standard input, None at its end.

    A thread reads the bare descriptor: event loops cannot watch a file, and a thread blocked in
    `sys.stdin` would hold a lock that the interpreter needs at its exit.
    """
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read_lines, args=(loop, lines), daemon=True).start()
    return lines


def _read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    with suppress(RuntimeError):  # the loop has ended first
        with suppress(OSError), open(0, "rb", buffering=0, closefd=False) as stdin:
            for line in stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
        loop.call_soon_threadsafe(lines.put_nowait, None)
