from app.config import load_settings
from app.db import migrate
from app.db.engine import open_database


def migrate_url(url: str) -> None:
    database = open_database(load_settings(database_url=url).database)
    migrate.upgrade(database.engine)
    database.dispose()
