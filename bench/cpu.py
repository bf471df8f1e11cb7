"""CPU time of processes, as Linux counts it."""

import os
from pathlib import Path

PROC = Path("/proc")


def seconds_of_tree(pid: int) -> float | None:
    """User and system time of the process, its living descendants, and its children that have
    ended. None where the system does not tell, or the process is gone."""
    own = _seconds(pid)
    if own is None:
        return None
    return own + sum(seconds_of_tree(child) or 0.0 for child in _children(pid))


def seconds_here() -> float:
    """Of this process alone."""
    times = os.times()
    return times.user + times.system


def _seconds(pid: int) -> float | None:
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    after_name = stat.rpartition(")")[2].split()  # the name may hold blanks
    return sum(map(int, after_name[11:15])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listing in (PROC / str(pid) / "task").glob("*/children"):
        try:
            found += map(int, listing.read_text().split())
        except OSError:
            continue
    return found
