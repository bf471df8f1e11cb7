"""Keeps a link to Redis, from one pair of connections to the next."""

import asyncio
import contextlib
import time
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from app.bus.base import BusRefused, Peer
from app.bus.redis.link import Link
from app.bus.redis.peers import Pulse, Register, disagreement
from app.bus.redis.signals import Beat, Bye, Lost, Signal
from app.utils.tasks import either, end

log = structlog.get_logger(__name__)

BEAT_S = 1.0
PATIENCE_S = 3.0
"""Without a beat of its own coming back, a process takes the bus for broken; without one of
another's, that process for dead."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0


class Owner(Protocol):
    """The bus, as its keeper sees it."""

    def channels(self) -> list[str]:
        """To be heard as soon as there is a link."""

    def heard(self, channel: bytes, data: bytes) -> None: ...
    def signal(self, link: Link, signal: Signal) -> None: ...
    def tend(self, link: Link) -> None:
        """Once a beat."""

    def resync_soon(self) -> None: ...


class Keeper:
    """`link` is the one that carries: its own beats come back over it. What is published while
    there is none, or before one ends, may be lost, of which the others are told."""

    def __init__(self, client: Redis, register: Register, own: Peer, owner: Owner) -> None:
        self.link: Link | None = None
        self._pulse = Pulse()
        self.lost = False
        self.trouble: str | None = "not connected yet"
        self._client = client
        self._register = register
        self._own = own
        self._owner = owner
        self._returned = asyncio.Event()
        """A beat of its own has come back over this link."""
        self._tried = asyncio.Event()
        self._refused: BusRefused | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises BusRefused. A Redis that cannot be reached is waited for in the background."""
        self._task = asyncio.create_task(self._live_on(), name="bus")
        await self._tried.wait()
        if self._refused is not None:
            await self.stop()
            raise self._refused

    async def stop(self) -> None:
        if self.link is not None:
            self._owner.signal(self.link, Bye(instance=self._own.instance))
            with contextlib.suppress(RedisError, OSError):
                await self._register.leave(self._own)  # behind what waits to be sent
        if self._task is not None:
            await end(self._task)

    async def _live_on(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            try:
                await self._live()
            except (AuthenticationError, NoPermissionError, ResponseError, BusRefused) as error:
                self._refused = BusRefused(str(error))
                self._down(error)
            except (RedisError, OSError) as error:
                self._down(error)
            except Exception as error:
                log.exception("bus_stumbled")
                self._down(error)
            lived = time.monotonic() - began > LONGEST_PAUSE_S
            pause_s = FIRST_PAUSE_S if lived else min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _live(self) -> None:
        """One link, from its beginning to its end; raises what ended it."""
        await self._check_in()
        link = Link(self._client, self._owner.heard)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await link.open()
            await either(link.run(), self._beat_on(link))
        finally:
            self.lost = self.lost or self.link is not None
            self.link = None
            await link.close()

    async def _check_in(self) -> None:
        """Raises BusRefused where another process does not belong with this one, once it has had
        the time to be forgotten."""
        deadline = time.monotonic() + 2 * PATIENCE_S
        while True:
            others = await self._register.others(self._own)
            why = next(filter(None, (disagreement(self._own, other) for other in others)), None)
            if why is None:
                return await self._register.enter(self._own)
            if time.monotonic() > deadline:
                raise BusRefused(why)
            await asyncio.sleep(0.5)

    async def _beat_on(self, link: Link) -> None:
        """Raises TimeoutError where its beats do not come back."""
        instance = self._own.instance
        self._returned.clear()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*link.subscribe(self._owner.channels()))
            self._beat(link)
            await self._returned.wait()
        self._up(link)
        while True:
            await asyncio.sleep(BEAT_S)
            self._beat(link)
            await self._register.enter(self._own)
            if self._pulse.silent_for(instance) > PATIENCE_S:
                raise TimeoutError("its own beats do not come back")
            for silent in self._pulse.gone(PATIENCE_S):
                log.warning("bus_peer_silent", instance=silent)
                self._owner.resync_soon()
            self._owner.tend(link)

    def beat_heard(self, instance: str) -> None:
        self._pulse.beat(instance)
        if instance == self._own.instance:
            self._returned.set()

    def bye_heard(self, instance: str) -> None:
        self._pulse.forget(instance)

    def _beat(self, link: Link) -> None:
        self._owner.signal(link, Beat(instance=self._own.instance))

    def _up(self, link: Link) -> None:
        self.link = link
        link.subscribe(self._owner.channels())  # those that were asked for meanwhile
        log.info("bus_up", instance=self._own.instance)
        self.trouble = None
        if self.lost:
            self._owner.signal(link, Lost(instance=self._own.instance))
        self.lost = False
        self._owner.resync_soon()
        self._refused = None
        self._tried.set()

    def _down(self, error: Exception) -> None:
        why = str(error) or type(error).__name__
        if self.trouble != why:
            log.warning("bus_down", why=why)
        self.trouble = why
        self._tried.set()
