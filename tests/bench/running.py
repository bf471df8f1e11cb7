"""`im bench …` as it is called, on real servers."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bench.cli import bench

NO_LIMITS = {
    "ws_messages_per_second": 0,
    "user_messages_per_second": 0,
    "ws_connections_per_user": 0,
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(bench, arguments)


def figures_of(file: Path, *arguments: str) -> dict[str, Any]:
    """Of a measurement that must come out right."""
    result = run(*arguments, "--json", str(file))
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(file.read_text())
    assert found["command"] == arguments[0]
    assert found["verified"]
    assert found["faults"] == []
    return found


def assert_refused(names: str, *arguments: str) -> None:
    """In one line that begins with the option's name."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(names)
