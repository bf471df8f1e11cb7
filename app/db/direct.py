"""The message path's own statements on PostgreSQL: prepared, and straight to the driver.

A statement that begins a transaction takes BEGIN along, in one round trip: while a busy event loop
holds the processor, each trip costs more than the database's work on it. SQLAlchemy's share of a
short statement is larger than that as well.

These statements alone keep a plan. That is a trap for others: made while a table was empty, it
reads the whole table, or all of a group, for every key once the table has grown, until the database
next takes statistics. Any index of their tables serves the lookups of these.
"""

from typing import Any

from psycopg import Connection as Driver
from psycopg import Error
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import Escaping, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; "
_NAMES = "prepared"


def execute_directly(db: Session, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The statement's rows; its parameters are `$1`, `$2`, … Raises what the session's own
    execution would: DBAPIError, of a connection that is lost as well."""
    connection = db.connection()
    driver: Driver[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        name = _prepared(connection, driver, statement)
        idle = driver.pgconn.transaction_status == TransactionStatus.IDLE
        arguments = ", ".join(_literal(driver, str(value)) for value in values)
        call = f"EXECUTE {name}({arguments})" if values else f"EXECUTE {name}"
        result = _run(driver, f"{BEGIN if idle else ''}{call}")
    except Error as error:
        raise _told(connection, driver, statement, error) from error
    rows = Transformer.from_context(driver)
    rows.set_pgresult(result)
    return rows.load_rows(0, result.ntuples, tuple)


def _prepared(connection: Connection, driver: Driver[Any], statement: str) -> str:
    """Its name on this connection."""
    names: dict[str, str] = connection.info.setdefault(_NAMES, {})
    name = names.get(statement)
    if name is None:
        name = f"im_{len(names)}"
        _run(driver, f"PREPARE {name} AS {statement}")
        names[statement] = name
    return name


def _run(driver: Driver[Any], command: str) -> PGresult:
    """Raises psycopg's Error."""
    result = driver.pgconn.exec_(command.encode(driver.info.encoding))
    if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise error_from_result(result, driver.info.encoding)
    return result


def _literal(driver: Driver[Any], value: str) -> str:
    encoding = driver.info.encoding
    literal = Escaping(driver.pgconn).escape_literal(value.encode(encoding))
    return bytes(literal).decode(encoding)


def _told(
    connection: Connection, driver: Driver[Any], statement: str, error: Error
) -> StatementError:
    """As SQLAlchemy tells it."""
    lost = connection.dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        statement, None, error, Error, hide_parameters=True, connection_invalidated=lost,
        dialect=connection.dialect,
    )  # fmt: skip
