"""How every measurement is shown and kept."""

import json
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.problems import BenchError, UsageError

PACKAGES = ("fastapi", "sqlalchemy", "uvicorn", "psycopg")
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed; NaN where there is none."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def latency_ms(latencies: Iterable[float]) -> dict[str, float | None]:
    """Of latencies in seconds; every value None where there is none of them."""
    ordered = sorted(latencies)
    return {
        name: round(percentile(ordered, share) * 1000, 2) if ordered else None
        for name, share in SHARES.items()
    }


def shown_latency(found: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} {_rounded(value)} ms" for name, value in found.items())


def _rounded(value: float | None) -> float | None:
    """The median of two rounds has more digits than either."""
    return None if value is None else round(value, 2)


def show(title: str, rows: Mapping[str, str]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)


def check_writable(path: Path) -> None:
    """Before a measurement whose figures would be lost. Raises UsageError."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"--json: cannot write {path}")


def write_json(path: Path, command: str, figures: Mapping[str, Any]) -> None:
    """Raises BenchError."""
    whole = {"command": command, "machine": machine(), **figures}
    try:
        path.write_text(json.dumps(whole, indent=2) + "\n")
    except OSError as error:
        raise BenchError(f"--json: cannot write {path}: {error.strerror}") from error


def machine() -> dict[str, object]:
    return {
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }
