"""How many transactions a PostgreSQL database has had, which its clients cannot tell wrong."""

import time
from urllib.parse import urlsplit

import psycopg

from bench.databases import POSTGRESQL, FreshDatabase

FLUSH_SECONDS = 11
"""An idle connection tells what it has done after 10 s at the latest."""
COUNT = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"


def transactions(database: FreshDatabase | None) -> int | None:
    """Waits until all is counted. None where it cannot be known."""
    if database is None or database.kind != POSTGRESQL:
        return None
    time.sleep(FLUSH_SECONDS)
    parts = urlsplit(database.url)
    beside = parts._replace(path="/postgres").geturl()
    with psycopg.connect(beside, autocommit=True) as connection:
        found = connection.execute(COUNT, (parts.path.lstrip("/"),)).fetchone()
    return int(found[0]) if found else None
