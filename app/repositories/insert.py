from collections.abc import Callable
from typing import Any

from pymysql.constants import ER
from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.base import BaseModel

Values = dict[str, Any]


def insert_if_absent(db: Session, model: type[BaseModel], **values: Any) -> bool:
    """True where the row is new. Decided by the table's unique constraints inside the database,
    so two callers at once make one row and neither fails."""
    return _BY_DIALECT[db.get_bind().dialect.name](db, model, values)


def _on_conflict(dialect: Any) -> Callable[[Session, type[BaseModel], Values], bool]:
    def run(db: Session, model: type[BaseModel], values: Values) -> bool:
        statement = dialect.insert(model).values(**values).on_conflict_do_nothing()
        return db.execute(statement.returning(model.id)).first() is not None

    return run


def _on_error(db: Session, model: type[BaseModel], values: Values) -> bool:
    """MySQL undoes the refused statement alone; its INSERT IGNORE would let wrong values in."""
    try:
        db.execute(insert(model).values(**values))
    except IntegrityError as error:
        if error.orig is None or error.orig.args[0] != ER.DUP_ENTRY:
            raise
        return False
    return True


_BY_DIALECT: dict[str, Callable[[Session, type[BaseModel], Values], bool]] = {
    "sqlite": _on_conflict(sqlite),
    "postgresql": _on_conflict(postgresql),
    "mysql": _on_error,
}
