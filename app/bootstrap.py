"""The one place that wires things; used by the API, the command line and tests."""

import asyncio
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import __version__
from app.bus.base import Bus, BusRefused, Peer
from app.bus.local import LocalBus
from app.bus.redis import RedisBus, connect_redis
from app.config import Settings
from app.db import migrate
from app.db.engine import Database, open_database
from app.db.exclusive import InUse
from app.db.migrate import SchemaMismatch
from app.db.session import AsyncDoor
from app.errors import AIUnavailable
from app.models.database_identity import DatabaseIdentity
from app.repositories.batch import stores_at_once
from app.security.fingerprint import fingerprint
from app.security.identity import Identity
from app.services.ai.called_dispatcher import CalledDispatcher
from app.services.ai.dispatcher import LocalDispatcher
from app.services.ai.layer import AILayer, MakeDispatcher
from app.services.core.events import (
    AIModeChanged,
    EventDelivery,
    MemberAdded,
    MemberRemoved,
    MessageSent,
)
from app.services.core.message_service import Hook
from app.services.core.send_queue import SendQueue
from app.services.core.send_rates import SendRates
from app.services.core.websocket_service import WebSocketService
from app.websocket.close_codes import CloseCode
from app.websocket.manager import Hub
from app.websocket.publisher import Publisher
from app.websocket.reading import HubReader

log = structlog.get_logger(__name__)

LANES = 2
"""Of the send queue: while one lane's batch is in the database, the other's is prepared and told
of. A third only makes the batches smaller. SQLite has one writer."""


class StartError(Exception):
    """The service cannot start; the message is one line that says why and what to do."""


@dataclass(slots=True)
class Container:
    settings: Settings
    database: Database
    door: AsyncDoor
    events: EventDelivery
    bus: Bus
    hub: Hub
    queue: SendQueue
    send_rates: SendRates
    identity: Identity
    ai_layer: AILayer | None
    epoch: str = field(default="")

    @property
    def ai(self) -> AILayer:
        """Raises AIUnavailable where the layer is left out."""
        if self.ai_layer is None:
            raise AIUnavailable
        return self.ai_layer

    async def start(self) -> None:
        """Raises StartError."""
        await asyncio.to_thread(prepare_database, self.database, self.settings)
        self.epoch = await self.door.read(
            lambda db: db.scalars(select(DatabaseIdentity.epoch)).one()
        )
        await self._start_bus()
        if self.ai_layer is not None:
            await self.ai_layer.start()
        log.info("started", ai="on" if self.ai_layer else "off", epoch=self.epoch)

    async def _start_bus(self) -> None:
        keys = fingerprint(self.settings.auth, self.epoch)
        own = Peer(instance_name(), self.epoch, keys, __version__)
        try:
            await self.bus.start(own)
        except BusRefused as error:
            raise StartError(f"REDIS_URL: {self.settings.redis.shown}: {error}") from error

    async def stop(self) -> None:
        """Sockets hear why; what was accepted is stored; AI work is left to whoever comes next."""
        self.hub.close_all(CloseCode.GOING_DOWN)
        await self.queue.close()
        if self.ai_layer is not None:
            await self.ai_layer.stop()
        await self.bus.stop()
        await self.door.close()
        log.info("stopped")


def build_worker(settings: Settings) -> Container:
    """Of a process that makes replies and serves nobody. Raises as `build` does."""
    return build(settings, CalledDispatcher)


def build(settings: Settings, dispatcher: MakeDispatcher | None = None) -> Container:
    """Connects to nothing yet; `Container.start` does. Raises SettingsError for an unusable key."""
    database = open_database(settings.database)
    events = EventDelivery()
    door = AsyncDoor(database, events.deliver)
    bus = _bus(settings)
    hub = Hub(HubReader(door), bus)
    bus.attach(hub)
    publisher = Publisher(bus)
    events.subscribe(MessageSent, publisher.message_sent)
    events.subscribe(MemberAdded, publisher.member_added)
    events.subscribe(MemberRemoved, publisher.member_removed)
    events.subscribe(AIModeChanged, publisher.ai_mode_changed)

    hooks: Sequence[Hook] = ()
    ai_layer = None
    if settings.ai.ai_service_url:
        make = dispatcher or _dispatcher(settings)
        ai_layer = AILayer(door, bus, WebSocketService(publisher), settings.ai, make)
        ai_layer.subscribe(events)
        hooks = (ai_layer.hook,)
    queue = SendQueue(
        door,
        hooks,
        longest=settings.send.send_queue_length,
        batch_size=settings.send.send_batch_size,
        lanes=min(LANES, database.writers),
        at_once=stores_at_once(database.engine),
    )
    identity = Identity(settings.auth, door, settings.server.cors_origins)
    rates = SendRates(settings.send.user_messages_per_second)
    return Container(settings, database, door, events, bus, hub, queue, rates, identity, ai_layer)


def instance_name() -> str:
    """Of this process, for others and for the log."""
    return f"{socket.gethostname()[:24]}-{os.getpid()}-{secrets.token_hex(4)}"


def _bus(settings: Settings) -> Bus:
    url = settings.redis.redis_url
    if url is None or settings.database.is_sqlite:
        return LocalBus()
    return RedisBus(connect_redis(url), settings.redis.redis_prefix)


def _dispatcher(settings: Settings) -> MakeDispatcher:
    if settings.ai.ai_dispatch == "local":
        return LocalDispatcher
    from app.tasks.broker import make_celery  # noqa: PLC0415 - Celery takes longer to import
    from app.tasks.dispatcher import CeleryDispatcher  # noqa: PLC0415 - than all the rest

    celery = make_celery(settings)
    return lambda *_: CeleryDispatcher(celery)


def prepare_database(database: Database, settings: Settings) -> None:
    """SQLite is brought to this version's schema; others are only checked. Raises StartError."""
    shown = settings.database.url.render_as_string(hide_password=True)
    try:
        if database.exclusive is not None:
            database.exclusive.acquire()
        if settings.database.is_sqlite:
            migrate.check_not_ahead(database.engine)
            migrate.upgrade(database.engine)
        else:
            migrate.check(database.engine)
    except InUse as error:
        msg = f"DATABASE_URL: {shown} is in use by another process, and SQLite serves one: stop it, or use PostgreSQL"  # noqa: E501 - one line for the operator
        raise StartError(msg) from error
    except SchemaMismatch as error:
        msg = f"DATABASE_URL: {shown}: {error}"
        raise StartError(msg) from error
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())[:200]
        msg = f"DATABASE_URL: cannot use {shown}: {reason}"
        raise StartError(msg) from error
