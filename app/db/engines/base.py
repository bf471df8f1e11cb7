from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.config import DatabaseSettings
from app.db.exclusive import Exclusive


@dataclass(frozen=True, slots=True)
class Database:
    """`writers` and `readers` are how many threads may use each engine at once. Parameters are
    hidden from errors, since errors end in logs."""

    writing: sessionmaker[Session]
    reading: sessionmaker[Session]
    engine: Engine
    reading_engine: Engine
    writers: int
    readers: int
    timeout_s: float
    exclusive: Exclusive | None = None

    def dispose(self) -> None:
        """The writer goes last: on SQLite the last connection to close makes a checkpoint."""
        self.reading_engine.dispose()
        self.engine.dispose()
        if self.exclusive is not None:
            self.exclusive.release()


def sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


def pooled(settings: DatabaseSettings, pool_size: int, **options: Any) -> Engine:
    return create_engine(
        settings.url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        hide_parameters=True,
        **options,
    )
