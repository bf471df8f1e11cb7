import asyncio
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

from app.supervisor.link import READY

COMMAND = (sys.executable, "-m", "app.cli", "serve")
START_S = 60.0
STOP_S = 20.0
"""Longer than the service itself takes its time (10 s), and what it stores behind that."""


class Child:
    """One process of the service, on a socket that it has inherited."""

    def __init__(self, process: asyncio.subprocess.Process, link: socket.socket) -> None:
        self._process = process
        self._link = link
        self.started_at = asyncio.get_running_loop().time()

    @classmethod
    async def start(
        cls, listening: int, env: Mapping[str, str], command: Sequence[str] = COMMAND
    ) -> Self:
        """In a session of its own: a terminal's Ctrl-C is for the parent, which hands it on."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command, "--fd", str(listening), "--link", str(theirs.fileno()),
                pass_fds=(listening, theirs.fileno()), env=os.environ | env,
                stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return cls(process, ours)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    async def ready(self) -> bool:
        """Or it has ended, or is given up and killed."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(START_S):
                if await asyncio.get_running_loop().sock_recv(self._link, 1) == READY:
                    return True
        await self.stop()
        return False

    async def ended(self) -> int:
        return await self._process.wait()

    async def stop(self) -> None:
        """In order, or else not."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self.ended()
        except TimeoutError:
            self.kill()
            await self.ended()
        self._link.close()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
