"""However a measurement ends, it leaves no process and no folder behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.popen import Popen
from tests.support.processes import finished

T = TypeVar("T")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")


@contextmanager
def sending(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A measurement in its midst, and its server's process."""
    with Popen(
        [sys.executable, "-m", "app.cli", "bench", "send", "--users", "5", "--seconds", "60"],
        env=os.environ | {"TMPDIR": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        try:
            wait_for(lambda: has_messages(folder) or None)
            yield process, child_of(process.pid)
        finally:
            process.kill()


def has_messages(folder: Path) -> bool:
    return any(f.stat().st_size > 500_000 for f in folder.glob("im-bench-*/im.db-wal"))


def wait_for(find: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (found := find()) is not None:
            return found
        time.sleep(0.05)
    raise TimeoutError


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_cleans_up(tmp_path: Path, number: signal.Signals) -> None:
    with sending(tmp_path) as (process, server):
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode not in {0, -signal.SIGTERM}
    assert "Traceback" not in errors
    assert not Path(f"/proc/{server}").exists()
    assert not list(tmp_path.glob("im-bench-*"))


def test_a_server_that_dies_is_told(tmp_path: Path) -> None:
    with sending(tmp_path) as (process, server):
        os.kill(server, signal.SIGKILL)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith("The server ended with exit code -9:\n")
    assert "IM service on http://127.0.0.1:" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("im-bench-*"))


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    env = os.environ | {"SEND_BATCH_SIZE": "none", "TMPDIR": str(tmp_path)}
    done = finished("-m", "app.cli", "bench", "send", env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("The server ended with exit code 2:\nSEND_BATCH_SIZE")
