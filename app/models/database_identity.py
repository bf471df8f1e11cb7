from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import BaseModel


class DatabaseIdentity(BaseModel):
    """One row, written by the first migration: clients whose `epoch` differs start afresh."""

    __tablename__ = "database_identity"

    epoch: Mapped[str] = mapped_column(String(36), unique=True)
