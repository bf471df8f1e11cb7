"""The terminal's side of the chat: what is printed, and what is typed."""

import asyncio
import sys
import threading
import unicodedata
from contextlib import suppress
from datetime import datetime

from rich.console import Console
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Screen:
    """Prints plain lines and, in a terminal, a last one that is not finished yet."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def message(self, at: datetime, who: str, style: str, content: str) -> None:
        line = Text().append(f"{at.astimezone():%H:%M} ", "dim").append(f"{_safe(who)}: ", style)
        line.append(_safe(content).replace("\n", "\n      "))  # no line can pose as another's
        self._print(line)

    def notice(self, text: str) -> None:
        self._print(Text(_safe(text), "dim"))

    def problem(self, text: str) -> None:
        self._print(Text(_safe(text), "red"))

    def partial(self, who: str, style: str, content: str) -> None:
        """In place of the last one; as much of its end as fits. Not told where output is piped."""
        if not self._console.is_terminal:
            return
        text = Text().append(f"{_safe(who)}: ", style).append(f"{_safe(content)}…")
        rows = text.wrap(self._console, self._console.width)
        shown = Text("\n").join(rows[-max(1, self._console.height // 2) :])
        if self._live is None:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.update(shown, refresh=True)

    def end_partial(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def line_typed(self, *, erase: bool) -> None:
        """In a terminal, Enter has moved the cursor down. `erase`: what was typed comes back as a
        message, with time and name. An unfinished line is drawn over it in any case.
        """
        if not (self._console.is_terminal and sys.stdin.isatty()):
            return
        if self._live is not None:
            self._console.control(Control((ControlType.CURSOR_UP, 1)))
            self._live.refresh()
        elif erase:
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
