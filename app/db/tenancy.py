"""Whether a process has its database to itself, or shares it with others that it hears over Redis.

Two that do not hear each other would each tell half of the members. So a process that is alone
holds a lock of the database's that nobody else may hold, and those that share hold one that a lone
process may not meet. The database gives it back when the connection ends, however it ends.
"""

import hashlib
import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app.db.exclusive import InUse

LOCK_KEY = 0x696D_6D6A
"""PostgreSQL's advisory lock; the number only has to be the same in every instance."""
SHARED_SLOTS = 256
"""MySQL's named locks have one holder each, so those that share hold one of so many."""
PAUSE_S = 0.25


class Tenancy:
    """Has a connection of its own, beside the pool. Used by one thread at a time."""

    def __init__(self, engine: Engine, *, shared: bool, patience_s: float) -> None:
        self._engine = engine
        self._take = _BY_DIALECT[engine.dialect.name]
        self._shared = shared
        self._patience_s = patience_s
        self._connection: Connection | None = None

    def acquire(self) -> None:
        """Waits for who is just leaving. A second call changes nothing. Raises InUse."""
        if self._connection is not None:
            return
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        try:
            self._wait(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _wait(self, connection: Connection) -> None:
        deadline = time.monotonic() + self._patience_s
        while not self._take(connection, self._shared):
            if time.monotonic() > deadline:
                raise InUse
            time.sleep(PAUSE_S)

    def check(self) -> None:
        """Takes the lock again where its connection has ended. Raises InUse, or DBAPIError."""
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
            except DBAPIError:
                self.release()
        self.acquire()

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _take_in_postgresql(connection: Connection, shared: bool) -> bool:
    kind = "_shared" if shared else ""
    query = text(f"SELECT pg_try_advisory_lock{kind}(:key)")
    return bool(connection.scalar(query, {"key": LOCK_KEY}))


def _take_in_mysql(connection: Connection, shared: bool) -> bool:
    """First its own lock, then a look at the others': of two at once at least one is refused."""

    def got(lock: str) -> bool:
        return bool(connection.scalar(text("SELECT GET_LOCK(:lock, 0)"), {"lock": lock}))

    def free(lock: str) -> bool:
        return bool(connection.scalar(text("SELECT IS_FREE_LOCK(:lock)"), {"lock": lock}))

    database = str(connection.scalar(text("SELECT DATABASE()")))
    alone = "im-" + hashlib.sha256(database.encode()).hexdigest()[:16]  # the whole server's names
    slots = [f"{alone}-{number}" for number in range(SHARED_SLOTS)]
    taken = next(filter(got, slots if shared else [alone]), None)
    if taken is None:
        return False
    if free(alone) if shared else all(map(free, slots)):
        return True
    connection.execute(text("SELECT RELEASE_LOCK(:lock)"), {"lock": taken})
    return False


_BY_DIALECT: dict[str, Callable[[Connection, bool], bool]] = {
    "postgresql": _take_in_postgresql,
    "mysql": _take_in_mysql,
}
