"""`SessionLocal()` for scripts and the interactive prompt; services use the doors of
`app.db.session` instead. The caller commits and closes."""

import atexit
from functools import cache

from sqlalchemy.orm import Session

from app.config import load_settings
from app.db import migrate
from app.db.engine import Database, open_database


@cache
def _database() -> Database:
    database = open_database(load_settings().database)
    atexit.register(database.dispose)
    migrate.check(database.engine)
    return database


def SessionLocal() -> Session:  # noqa: N802 - the name that scripts know
    """A new session on DATABASE_URL. Raises SchemaMismatch where `im db upgrade` is due."""
    return _database().writing()
