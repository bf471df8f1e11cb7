"""Children that do nothing but be ready, or not even that."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.supervisor import slot
from app.supervisor.child import Child
from app.supervisor.supervisor import Supervisor
from app.utils.address import bind_together
from tests.support.waiting import eventually

PROGRAM = """
import os, socket, sys, time
if os.path.exists(sys.argv[1]):
    sys.exit(7)
socket.socket(fileno=int(sys.argv[5])).send(b"\\x01")
time.sleep(60)
"""


class Children:
    """`broken`: a file, which no further child survives."""

    def __init__(self, broken: Path) -> None:
        self.broken = broken
        self.started: list[Child] = []

    async def start(self, listening: int, env: Mapping[str, str]) -> Child:
        command = (sys.executable, "-S", "-c", PROGRAM, str(self.broken))
        self.started.append(await Child.start(listening, env, command))
        return self.started[-1]

    async def exit_codes(self) -> list[int | None]:
        return [child.exit_code for child in self.started]


@pytest.fixture
def children(tmp_path: Path) -> Children:
    return Children(tmp_path / "broken")


def supervisor(children: Children, ready: asyncio.Event) -> Supervisor:
    return Supervisor(lambda: bind_together("127.0.0.1", 0), 2, {}, ready.set, children.start)


async def test_a_first_child_that_cannot_start(children: Children) -> None:
    """It has said why, and no other is tried: its exit code is that of all."""
    children.broken.touch()
    parent = supervisor(children, asyncio.Event())
    await parent.run()
    assert (parent.exit_code, parent.problem, len(children.started)) == (7, "", 1)


async def test_children_that_cannot_start_any_more(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried again while one serves, and given up when none does."""
    monkeypatch.setattr(slot, "FIRST_PAUSE_S", 0.01)
    ready = asyncio.Event()
    parent = supervisor(children, ready)
    running = asyncio.create_task(parent.run())
    await ready.wait()
    children.broken.touch()  # the second may have started before, or not
    first = children.started[0]
    await eventually(children.exit_codes, lambda codes: len(codes) == 2)
    children.started[1].kill()
    await eventually(children.exit_codes, lambda codes: codes.count(7) >= 5)
    assert not running.done()
    first.kill()
    await running
    assert parent.exit_code == 1
    assert parent.problem.startswith("WORKERS: no process could be started")


async def test_a_restart_that_fails_leaves_the_old_ones(children: Children) -> None:
    """They serve on; SIGTERM ends all."""
    ready = asyncio.Event()
    parent = supervisor(children, ready)
    running = asyncio.create_task(parent.run())
    await ready.wait()
    children.broken.touch()
    os.kill(os.getpid(), signal.SIGHUP)
    await eventually(children.exit_codes, lambda codes: 7 in codes)
    assert children.started[0].exit_code is None
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    assert parent.exit_code == 0
    assert all(child.exit_code is not None for child in children.started)
