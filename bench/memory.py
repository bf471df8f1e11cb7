"""How much memory a process has, as Linux counts it."""

from pathlib import Path

from bench.cpu import PROC
from bench.problems import BenchError
from bench.program import Target


def server_memory_kib(target: Target) -> int:
    """Raises BenchError where it cannot be known."""
    found = resident_kib(target.pid) if target.pid else None
    if found is None:
        target.check_alive()
        raise BenchError("This system does not tell how much memory a process has; Linux does")
    return found


def resident_kib(pid: int) -> int | None:
    """What it has in memory, with its share of what it has in common with others (PSS; RSS where
    the system does not tell that). None where the process is gone or the system tells nothing."""
    folder = PROC / str(pid)
    found = _field(folder / "smaps_rollup", "Pss:")
    return found if found is not None else _field(folder / "status", "VmRSS:")


def _field(file: Path, name: str) -> int | None:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), None)
