from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.base import BaseModel


def insert_if_absent(db: Session, model: type[BaseModel], **values: Any) -> bool:
    """True where the row is new. Decided by the table's unique constraints inside the database,
    so two callers at once make one row and neither fails."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(model).values(**values).on_conflict_do_nothing()
    return db.execute(statement.returning(model.id)).first() is not None
