"""The statements of a batch of sends, each for all of its messages at once.

`portable` works everywhere. A database whose own form is faster has a module of its own; all give
the same answers and pass the same tests.
"""

from sqlalchemy.orm import Session

from app.repositories.batch.portable import BatchStatements
from app.repositories.batch.postgresql import PostgresqlBatchStatements
from app.repositories.batch.sqlite import SqliteBatchStatements

_BY_DIALECT = {"postgresql": PostgresqlBatchStatements, "sqlite": SqliteBatchStatements}


def batch_statements(db: Session) -> BatchStatements:
    return _BY_DIALECT.get(db.get_bind().dialect.name, BatchStatements)(db)


__all__ = ["BatchStatements", "batch_statements"]
