from collections.abc import Callable
from typing import Any, cast

from pymysql.constants import ER
from sqlalchemy import ColumnElement, Table, UniqueConstraint, and_, insert, or_, select
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


def _after_a_look(db: Session, model: type[BaseModel], values: Values) -> bool:
    """MySQL undoes the refused statement alone. It keeps a lock on the row that is there, which two
    who then want to change it would have to wait for; so it is tried only where there is none.
    (INSERT IGNORE would let wrong values in, too.)"""
    if db.scalar(select(model.id).where(_same_key(model, values))) is not None:
        return False
    try:
        db.execute(insert(model).values(**values))
    except IntegrityError as error:
        if error.orig is None or error.orig.args[0] != ER.DUP_ENTRY:
            raise
        return False
    return True


def _same_key(model: type[BaseModel], values: Values) -> ColumnElement[bool]:
    """As one of the table's unique constraints."""
    keys = (
        [column.name for column in constraint.columns]
        for constraint in cast("Table", model.__table__).constraints
        if isinstance(constraint, UniqueConstraint)
    )
    return or_(
        *(
            and_(*(getattr(model, name) == values[name] for name in key))
            for key in keys
            if values.keys() >= set(key)
        )
    )


_BY_DIALECT: dict[str, Callable[[Session, type[BaseModel], Values], bool]] = {
    "sqlite": _on_conflict(sqlite),
    "postgresql": _on_conflict(postgresql),
    "mysql": _after_a_look,
}
