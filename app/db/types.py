from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column that is literally INTEGER."""

LongText = Text().with_variant(MEDIUMTEXT(), "mysql")
"""Longer than 64 KiB, where MySQL's TEXT ends."""

Time = DateTime(timezone=True).with_variant(DATETIME(fsp=6), "mysql")


class current_time(FunctionElement[datetime]):  # noqa: N801 - a function
    """As a column's default, with microseconds."""

    type = Time
    inherit_cache = True


@compiles(current_time)
def _current_time(_element: Any, _compiler: Any, **_: Any) -> str:
    return "CURRENT_TIMESTAMP"


@compiles(current_time, "mysql")
def _current_time_of_mysql(_element: Any, _compiler: Any, **_: Any) -> str:
    """In UTC, since the connection is."""
    return "CURRENT_TIMESTAMP(6)"


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC times in Python, whatever the database keeps; a naive time is a mistake."""

    impl = Time
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a time without a time zone"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
