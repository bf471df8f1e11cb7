"""Opens the database of the settings, with its engines and their pools."""

from collections.abc import Callable

from app.config import DatabaseSettings
from app.db.engines.base import Database
from app.db.engines.mysql import open_mysql
from app.db.engines.postgresql import open_postgresql
from app.db.engines.sqlite import open_sqlite

_OPEN: dict[str, Callable[[DatabaseSettings], Database]] = {
    "sqlite": open_sqlite,
    "postgresql": open_postgresql,
    "mysql": open_mysql,
}


def open_database(settings: DatabaseSettings) -> Database:
    """Connects to nothing yet."""
    return _OPEN[settings.url.get_backend_name()](settings)


__all__ = ["Database", "open_database"]
