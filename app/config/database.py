from typing import Self

from pydantic import Field, field_validator, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.config.base import SettingsGroup

DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}


class DatabaseSettings(SettingsGroup):
    database_url: str = "sqlite:///./data/im.db"
    database_replica_url: str | None = None
    database_replica_max_lag: float = Field(5.0, gt=0, le=3600)
    database_pool_size: int = Field(8, ge=2, le=100)
    database_timeout: float = Field(5.0, gt=0, le=60)

    @field_validator("database_url", "database_replica_url")
    @classmethod
    def _is_supported(cls, value: str | None) -> str | None:
        url = None if value is None else _parsed(value)
        if value is not None and url is None:
            msg = "must be sqlite:///path/to/im.db, postgresql://user:password@host:5432/name or mysql://user:password@host:3306/name"
            raise ValueError(msg)
        if url is not None and url.drivername == "sqlite" and url.database == ":memory:":
            msg = "must name a file: an in-memory database is lost with the process"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        replica = self.replica_url
        if replica is None:
            return self
        if self.is_sqlite:
            msg = "DATABASE_REPLICA_URL: goes with PostgreSQL or MySQL, not with SQLite; remove it"
            raise ValueError(msg)
        if replica.drivername != self.url.drivername:
            msg = "DATABASE_REPLICA_URL: must be of the same kind of database as DATABASE_URL"
            raise ValueError(msg)
        return self

    @property
    def url(self) -> URL:
        return _with_driver(self.database_url)

    @property
    def replica_url(self) -> URL | None:
        return (
            None if self.database_replica_url is None else _with_driver(self.database_replica_url)
        )

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"


def _parsed(value: str) -> URL | None:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        return None
    return url if url.drivername in DRIVERS and url.database else None


def _with_driver(value: str) -> URL:
    url = make_url(value)
    return url.set(drivername=DRIVERS[url.drivername])
