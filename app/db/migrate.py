"""Bringing a database to the schema of this code, one instance at a time."""

from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from alembic import command
from app.db.migration_lock import locked_transaction
from app.db.schema import SchemaMismatch, check_text, set_text

ROOT = Path(__file__).resolve().parents[2]


def head_revision() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    locked(engine, lambda connection: command.upgrade(_config(connection), revision))


def downgrade(engine: Engine, revision: str = "base") -> None:
    locked(engine, lambda connection: command.downgrade(_config(connection), revision))


def check(engine: Engine) -> None:
    """Raises SchemaMismatch with what to do about it."""
    check_not_ahead(engine)
    with engine.connect() as connection:
        check_text(connection)
    found, wanted = current_revision(engine), head_revision()
    if found != wanted:
        msg = f"the schema is at {found or 'nothing'}, this version needs {wanted}: run `im db upgrade`"  # noqa: E501 - one line for the operator
        raise SchemaMismatch(msg)


def check_not_ahead(engine: Engine) -> None:
    """Raises SchemaMismatch for a database that a newer version has changed."""
    found = current_revision(engine)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        msg = f"the schema is at {found}, which this version does not know: run a newer version"
        raise SchemaMismatch(msg)


def locked(engine: Engine, step: Callable[[Connection], None]) -> None:
    with locked_transaction(engine) as connection:
        set_text(connection)
        step(connection)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["connection"] = connection
    return config


__all__ = ["SchemaMismatch", "check", "check_not_ahead", "current_revision", "downgrade", "upgrade"]
