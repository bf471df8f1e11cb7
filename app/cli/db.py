from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy.exc import DBAPIError

from app.cli.problems import settings_or_stop, stop
from app.cli.starting import stopping_on_start_errors
from app.db import migrate
from app.db.engine import Database, open_database
from app.db.faults import reason_of
from app.db.migrate import SchemaMismatch

db = typer.Typer(help="The database's schema.", no_args_is_help=True)


@db.command()
def upgrade() -> None:
    """Bring the database at DATABASE_URL to the schema of this version.

    Safe to run twice and at once: only one run changes anything.
    """
    with _database() as database:
        migrate.check_not_ahead(database.engine)
        before = migrate.current_revision(database.engine)
        migrate.upgrade(database.engine)
        typer.echo(f"{before or 'empty'} -> {migrate.head_revision()}")


@db.command()
def current() -> None:
    """Say which schema the database has, and whether it is the one this version needs."""
    with _database() as database:
        found = migrate.current_revision(database.engine)
        migrate.check(database.engine)
        typer.echo(f"{found} (up to date)")


@contextmanager
def _database() -> Iterator[Database]:
    settings = settings_or_stop().database
    shown = settings.url.render_as_string(hide_password=True)
    with stopping_on_start_errors():
        database = open_database(settings)
        try:
            yield database
        except SchemaMismatch as error:
            stop(f"DATABASE_URL: {shown}: {error}")
        except DBAPIError as error:
            stop(f"DATABASE_URL: cannot use {shown}: {reason_of(error)}")
        finally:
            database.dispose()
