"""The demo's two programs, each a process of its own, stopped together."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0


class DemoError(Exception):
    """One line that says which step did not happen, and why."""


@contextmanager
def program(name: str, arguments: list[str], url: str, folder: Path, **env: str) -> Iterator[None]:
    """`python -m …` until the block ends; entered once `{url}/health` answers. What it says goes
    to `{folder}/{name}.log`. Raises DemoError where it does not start."""
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *arguments], stdout=output, stderr=output, env=env
        )
        try:
            _wait_until_healthy(name, process, url, log)
            yield
        finally:
            _stop(process)


def _wait_until_healthy(name: str, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with httpx2.Client(timeout=1, trust_env=False) as http:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if http.get(f"{url}/health").is_success:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
    last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise DemoError(f"{name} did not start: {last[0]} (all of it: {log})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
