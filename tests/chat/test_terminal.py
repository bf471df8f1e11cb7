"""What a terminal is told, and a pipe."""

import re
from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from app.chat.terminal import Screen

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTROL = re.compile(r"\x1b\[(\d*)(;\d+)*([A-Za-z])")
UNKNOWN = re.compile(r"\x1b\[\?\d+[hl]|\x1b\[[\d;]*m")


def made(*, terminal: bool, height: int = 10) -> tuple[Screen, StringIO]:
    out = StringIO()
    console = Console(
        file=out, force_terminal=terminal, width=20, height=height, color_system=None, _environ={}
    )
    return Screen(console), out


def shown(written: str) -> list[str]:
    """What is to be seen at the end: a terminal that knows up, erase line, return and newline."""
    rows, at = [""], 0
    written = UNKNOWN.sub("", written)
    for part in re.split(r"(\x1b\[\d*[A-Za-z]|\r|\n)", written):
        found = CONTROL.fullmatch(part)
        if part == "\n":
            at += 1
            rows += [""] * (at + 1 - len(rows))
        elif found and found[3] == "A":
            at -= int(found[1] or 1)
        elif found and found[3] == "K":
            rows[at] = ""
        elif part != "\r":
            rows[at] += part
    return [row.rstrip() for row in rows if row.strip()]


def test_a_growing_reply_stays_in_its_place() -> None:
    """Others' messages come above it; the whole reply takes its place."""
    screen, out = made(terminal=True)

    screen.partial("AI", "magenta", "")
    screen.partial("AI", "magenta", "one")
    screen.notice("dora joined.")
    screen.partial("AI", "magenta", "one two three four five")
    assert shown(out.getvalue()) == ["dora joined.", "AI: one two three", "four five…"]

    screen.end_partial()
    screen.message(NOW, "AI", "magenta", "six")
    rows = shown(out.getvalue())

    assert rows[0] == "dora joined."
    assert [row.split(" ", 1)[1] for row in rows[1:]] == ["AI: six"]


def test_of_a_long_reply_the_end_is_shown_while_it_grows() -> None:
    """At most half the terminal, since more than all of it could not be taken back."""
    screen, out = made(terminal=True, height=6)

    screen.partial("AI", "magenta", "\n".join(f"row {n}" for n in range(9)))

    assert shown(out.getvalue()) == ["row 6", "row 7", "row 8…"]


def test_a_growing_reply_does_not_steer_the_terminal() -> None:
    screen, out = made(terminal=True)

    screen.partial("AI", "magenta", "\x1b[2J[bold]x[/bold]")

    assert "\x1b[2J" not in out.getvalue()
    assert "[bold]x" in "".join(shown(out.getvalue()))


def test_a_pipe_gets_whole_lines_only() -> None:
    screen, out = made(terminal=False)

    screen.partial("AI", "magenta", "one")
    screen.line_typed(erase=True)
    screen.end_partial()
    screen.notice("done")

    assert out.getvalue() == "done\n"
