"""On what a comparison was made."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.cpu import PROC
from bench.report import machine

SYNCS = 200
BLOCK = bytes(8192)


def surroundings(folder: Path) -> dict[str, object]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _field("cpuinfo", "model name") or "unknown",
        "memory": memory(),
        "disk_sync_us": round(disk_sync_us(folder), 1),
        **machine(),
    }


def memory() -> str:
    told = _field("meminfo", "MemTotal")
    return f"{int(told.split()[0]) / (1 << 20):.0f} GiB" if told else "unknown"


def disk_sync_us(folder: Path) -> float:
    """What a commit pays at least: one block written and synced, on average."""
    sync = getattr(os, "fdatasync", os.fsync)
    with (folder / "sync").open("wb", buffering=0) as file:
        start = time.perf_counter()
        for _ in range(SYNCS):
            file.seek(0)
            file.write(BLOCK)
            sync(file.fileno())
        return (time.perf_counter() - start) / SYNCS * 1e6


def _field(file: str, name: str) -> str | None:
    try:
        lines = (PROC / file).read_text().splitlines()
    except OSError:
        return None
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(name))
    return next(found, None)
