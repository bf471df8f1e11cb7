"""The one place that wires things; used by the API, the command line and tests."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import __version__
from app.bus.base import Bus, BusRefused, Peer
from app.config import DatabaseSettings, Settings
from app.db import migrate
from app.db.engine import Database, open_database
from app.db.exclusive import InUse
from app.db.faults import reason_of
from app.db.migrate import SchemaMismatch
from app.db.outbox import CommitInDoubt
from app.db.replica import Replica
from app.db.session import AsyncDoor
from app.db.tenancy import Tenancy
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
from app.services.core.history import History
from app.services.core.message_service import Hook
from app.services.core.send_queue import SendQueue
from app.services.core.send_rates import SendRates
from app.services.core.websocket_service import WebSocketService
from app.shared.parts import instance_name, share
from app.utils.tasks import end
from app.websocket.close_codes import CloseCode
from app.websocket.connection_limit import ConnectionLimit
from app.websocket.manager import Hub
from app.websocket.publisher import Publisher
from app.websocket.reading import HubReader

log = structlog.get_logger(__name__)

LOCK_WATCH_S = 5.0

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
    connection_limit: ConnectionLimit
    identity: Identity
    ai_layer: AILayer | None
    instance: str
    history: History
    replica: Replica | None = None
    epoch: str = field(default="")
    _lock_watch: asyncio.Task[None] | None = None

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
        self._lock_watch = asyncio.create_task(self._watch_lock(), name="database-lock")
        await self._start_bus()
        await self.send_rates.start()
        if self.replica is not None:
            await self.replica.start()
        if self.ai_layer is not None:
            await self.ai_layer.start()
        log.info("started", ai="on" if self.ai_layer else "off", epoch=self.epoch)

    async def _watch_lock(self) -> None:
        """It is lost with its connection, and others may have come meanwhile."""
        while self.database.exclusive is not None:
            await asyncio.sleep(LOCK_WATCH_S)
            try:
                await asyncio.to_thread(self.database.exclusive.check)
            except InUse:
                log.error("database_in_use", why=in_use(self.settings))  # noqa: TRY400 - no traceback
            except DBAPIError:
                continue

    async def _start_bus(self) -> None:
        keys = fingerprint(self.settings.auth, self.epoch)
        own = Peer(self.instance, self.epoch, keys, __version__)
        try:
            await self.bus.start(own)
        except BusRefused as error:
            raise StartError(f"REDIS_URL: {self.settings.redis.shown}: {error}") from error

    async def stop(self) -> None:
        """Sockets hear why; what was accepted is stored; AI work is left to whoever comes next."""
        if self._lock_watch is not None:
            await end(self._lock_watch)
        self.hub.close_all(CloseCode.GOING_DOWN)
        await self.queue.close()
        if self.ai_layer is not None:
            await self.ai_layer.stop()
        await self.send_rates.stop()
        await self.bus.stop()
        if self.replica is not None:
            await self.replica.stop()
        await self.door.close()
        log.info("stopped")


def build_worker(settings: Settings) -> Container:
    """Of a process that makes replies and serves nobody. Raises as `build` does."""
    return build(settings, CalledDispatcher)


def build(settings: Settings, dispatcher: MakeDispatcher | None = None) -> Container:
    """Connects to nothing yet; `Container.start` does. Raises SettingsError for an unusable key."""
    database = _with_lock(open_database(settings.database), settings)
    events = EventDelivery()
    door = AsyncDoor(database, events.deliver)
    shared = share(settings, instance := instance_name())
    bus = shared.bus
    hub = Hub(HubReader(door), bus)
    bus.attach(hub)
    publisher = Publisher(bus)
    events.subscribe(MessageSent, publisher.message_sent)
    events.subscribe(MemberAdded, publisher.member_added)
    events.subscribe(MemberRemoved, publisher.member_removed)
    events.subscribe(AIModeChanged, publisher.ai_mode_changed)
    events.subscribe(CommitInDoubt, lambda _: hub.resync_soon())

    hooks: Sequence[Hook] = ()
    ai_layer = None
    if settings.ai.ai_service_url:
        make = dispatcher or _dispatcher(settings)
        push = WebSocketService(publisher)
        ai_layer = AILayer(door, bus, push, settings.ai, make, owner=instance)
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
    identity = Identity(settings.auth, door, settings.server.cors_origins, shared.tickets)
    replica = _replica(settings.database, door)
    return Container(
        settings, database, door, events, bus, hub, queue, shared.send_rates,
        shared.connection_limit, identity, ai_layer, instance, History(door, replica), replica,
    )  # fmt: skip


def _with_lock(database: Database, settings: Settings) -> Database:
    if settings.database.is_sqlite:
        return database  # has one
    tenancy = Tenancy(
        database.engine,
        shared=settings.redis.redis_url is not None,
        patience_s=settings.database.database_timeout,
    )
    return replace(database, exclusive=tenancy)


def _replica(settings: DatabaseSettings, door: AsyncDoor) -> Replica | None:
    if settings.database_replica_url is None:
        return None
    address = {"database_url": settings.database_replica_url, "database_replica_url": None}
    copy = open_database(settings.model_copy(update=address))
    return Replica(door, copy, settings.database_replica_max_lag)


def _dispatcher(settings: Settings) -> MakeDispatcher:
    if settings.ai.ai_dispatch == "local":
        return LocalDispatcher
    from app.tasks.broker import make_celery  # noqa: PLC0415 - Celery takes longer to import
    from app.tasks.dispatcher import CeleryDispatcher  # noqa: PLC0415 - than all the rest

    celery = make_celery(settings)
    return lambda *_: CeleryDispatcher(celery)


def in_use(settings: Settings) -> str:
    if settings.database.is_sqlite:
        return "is in use by another process, and SQLite serves one: stop it, or use PostgreSQL"
    if settings.redis.redis_url is None:
        return "is in use by another process, which this one would not hear: stop it, or give both the same REDIS_URL"  # noqa: E501 - one line for the operator
    return "is in use by a process without REDIS_URL, which hears nobody: stop it, or give it the same REDIS_URL"  # noqa: E501 - one line for the operator


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
        raise StartError(f"DATABASE_URL: {shown} {in_use(settings)}") from error
    except SchemaMismatch as error:
        msg = f"DATABASE_URL: {shown}: {error}"
        raise StartError(msg) from error
    except DBAPIError as error:
        msg = f"DATABASE_URL: cannot use {shown}: {reason_of(error)}"
        raise StartError(msg) from error
