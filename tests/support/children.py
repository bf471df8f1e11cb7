"""What the system knows of a process that started others."""

import time
from pathlib import Path


def children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def alive(pid: int) -> bool:
    """A zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def connections(pid: int, port: int) -> int:
    """Established ones that this process holds of those to the port."""
    held = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    local, established = f":{port:04X}", "01"
    found = {row[9] for row in rows if row[1].endswith(local) and row[3] == established}
    return sum(f"socket:[{inode}]" in held for inode in found)


def wait_for_children(pid: int, count: int, without: frozenset[int] = frozenset()) -> set[int]:
    """When there are so many, none of those that are not to be any more."""
    deadline = time.monotonic() + 30
    while len(found := children(pid)) != count or found & without:
        assert time.monotonic() < deadline, (found, without)
        time.sleep(0.05)
    return found


def wait_until_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 30
    while left := {pid for pid in pids if alive(pid)}:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
