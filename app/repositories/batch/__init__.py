"""The statements of a batch of sends, each for all of its messages at once.

`portable` works everywhere. A database whose own form is faster has a module of its own; all give
the same answers and pass the same tests.
"""

from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.orm import Session

from app.repositories.batch.portable import BatchStatements, GroupStates
from app.repositories.batch.postgresql import PostgresqlBatchStatements
from app.repositories.batch.sqlite import SqliteBatchStatements

_BY_DIALECT: dict[str, type[BatchStatements]] = {
    "postgresql": PostgresqlBatchStatements,
    "sqlite": SqliteBatchStatements,
}


def batch_statements(db: Session) -> BatchStatements:
    return _of(db.get_bind().dialect)(db)


def stores_at_once(engine: Engine) -> bool:
    return _of(engine.dialect).stores_at_once


def _of(dialect: Dialect) -> type[BatchStatements]:
    return _BY_DIALECT.get(dialect.name, BatchStatements)


__all__ = ["BatchStatements", "GroupStates", "batch_statements", "stores_at_once"]
