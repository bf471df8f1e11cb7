"""Users who send at a rate of their own, however long the answers take (open loop)."""

import asyncio
import random
from collections.abc import Sequence

from bench.clients.tally import Tally
from bench.clients.user import User, clock


class Pacer:
    """Each user begins at a moment of its own within the first interval. `late` has, per message,
    by how many seconds this process missed its moment."""

    def __init__(self, users: Sequence[User], rate: float, tally: Tally) -> None:
        self._users = users
        self._interval = 1 / rate
        self._tally = tally
        self.late: list[float] = []

    def start(self) -> None:
        now = clock()
        for user in self._users:
            self._plan(user, now + random.random() * self._interval)

    def _plan(self, user: User, due: float) -> None:
        asyncio.get_running_loop().call_later(due - clock(), self._send, user, due)

    def _send(self, user: User, due: float) -> None:
        if not self._tally.sending:
            return
        self.late.append(clock() - due)
        user.send(1)
        self._plan(user, due + self._interval)
