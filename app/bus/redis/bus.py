"""Publishing and hearing over Redis, for as long as it takes Redis to come back."""

import asyncio
import secrets
from collections.abc import Awaitable, Iterable

import msgspec
import structlog
from redis.asyncio import Redis

from app.bus.base import BusRefused, Listener, Peer, Receiver
from app.bus.frames import Frame
from app.bus.redis.interest import Interest
from app.bus.redis.keeper import Keeper
from app.bus.redis.link import Link
from app.bus.redis.names import Names
from app.bus.redis.peers import Register
from app.bus.redis.signals import ORIGIN_BYTES, Beat, Bye, Signal, decode, encode

log = structlog.get_logger(__name__)


class RedisBus:
    """Receivers of this process are told first, directly; Redis carries the frame to the others.
    Its pub/sub loses what is published while a connection is down, on either side, and says
    nothing. So each process sends a beat through it once a second and waits for it to come back;
    where it does not, both connections are made anew, and the listener compares what it has with
    the database. It does so, too, where another process says that frames of its own were lost, or
    falls silent, since that one may have died between a commit and its push."""

    may_lose = True

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._names = Names(prefix)
        self._all = self._names.all.encode()
        self._origin = secrets.token_bytes(ORIGIN_BYTES)
        self._interest = Interest(self._names)
        self._receivers: list[Receiver] = []
        self._listener: Listener | None = None
        self._keeper: Keeper | None = None

    @property
    def up(self) -> bool:
        return self._keeper is not None and self._keeper.trouble is None

    @property
    def state(self) -> str:
        trouble = self._keeper.trouble if self._keeper else "not started"
        return "redis" if trouble is None else f"redis, down: {trouble}"

    def subscribe(self, receiver: Receiver) -> None:
        self._receivers.append(receiver)

    def attach(self, listener: Listener) -> None:
        self.subscribe(listener.receive)
        self._listener = listener

    async def start(self, own: Peer) -> None:
        register = Register(self._client, self._prefix)
        self._keeper = Keeper(self._client, register, own, self)
        try:
            await self._keeper.start()
        except BusRefused:
            await self._client.aclose()
            raise

    async def stop(self) -> None:
        """What has been published is still sent."""
        if self._keeper is not None:
            await self._keeper.stop()
        await self._client.aclose()

    def publish(self, frame: Frame) -> int:
        count = sum(receiver(frame) for receiver in self._receivers)
        keeper = self._keeper
        if keeper is None or keeper.link is None:
            if keeper is not None:
                keeper.lost = True
            return count
        data = encode(self._origin, frame)
        for name in self._names.of(frame):
            keeper.link.publish(name, data)
        return count

    def watch(
        self, *, users: Iterable[str] = (), groups: Iterable[str] = ()
    ) -> Awaitable[None] | None:
        channels = self._interest.add(users, groups)
        if self._keeper is None or self._keeper.link is None:
            return None
        pending = self._keeper.link.subscribe(channels)
        return _all_of(pending) if pending else None

    def channels(self) -> list[str]:
        return [self._names.all, *self._interest.channels()]

    def signal(self, link: Link, signal: Signal) -> None:
        link.publish(self._names.all, encode(self._origin, signal))

    def tend(self, link: Link) -> None:
        if self._listener is not None:
            link.unsubscribe(self._interest.drop_unused(self._listener))

    def resync_soon(self) -> None:
        if self._listener is not None:
            self._listener.resync_soon()

    def heard(self, channel: bytes, data: bytes) -> None:
        own = data.startswith(self._origin)
        if own and channel != self._all:
            return  # receivers here were told directly
        try:
            frame = decode(data)
        except msgspec.MsgspecError:
            log.warning("bus_frame_unknown", why="another version, or not of this service")
            return
        if isinstance(frame, Signal):
            self._noted(frame, own=own)
        elif not own:  # receivers here were told directly
            for receiver in self._receivers:
                receiver(frame)

    def _noted(self, signal: Signal, *, own: bool) -> None:
        assert self._keeper is not None  # noqa: S101 - it has the link that this came over
        if isinstance(signal, Beat):
            self._keeper.beat_heard(signal.instance)
        elif isinstance(signal, Bye):
            self._keeper.bye_heard(signal.instance)
        elif not own:  # Lost
            self.resync_soon()


async def _all_of(pending: Iterable["asyncio.Future[None]"]) -> None:
    await asyncio.gather(*pending)
