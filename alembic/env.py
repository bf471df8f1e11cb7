"""Runs the migrations on the connection that `app.db.migrate` holds under a lock."""

from sqlalchemy import Connection

import app.models  # noqa: F401 - fills the metadata
from alembic import context
from app.config import load_settings
from app.db import migrate
from app.db.base import BaseModel
from app.db.engine import open_database


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=BaseModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_by_command() -> None:
    """The `alembic` command brings no connection: open one and take the same lock."""
    database = open_database(load_settings().database)
    try:
        migrate.locked(database.engine, run)
    finally:
        database.dispose()


held = context.config.attributes.get("connection")
if held is None:
    run_by_command()
else:
    run(held)
