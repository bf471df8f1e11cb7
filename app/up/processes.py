"""A process and all that it has started, as one."""

import os
import signal
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
PARENT, START = 1, 19
"""Their places in /proc/PID/stat, behind the name."""


def family(pid: int) -> list[int]:
    """The process first. Where there is no /proc, it alone."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in PROC.glob("[0-9]*"):
        if found := _stat(int(entry.name)):
            children[int(found[PARENT])].append(int(entry.name))
    members = [pid]
    for member in members:
        members += children[member]
    return members


def signal_family(pid: int, number: signal.Signals) -> None:
    for member in family(pid):
        with suppress(ProcessLookupError):
            os.kill(member, number)


def started_at(pid: int) -> int | None:
    """In ticks since the machine's start, so that a later process with the same number is told
    apart. None where there is no such process, or it is a zombie."""
    found = _stat(pid)
    return int(found[START]) if found and found[0] != "Z" else None


def _stat(pid: int) -> list[str] | None:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
