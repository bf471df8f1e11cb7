"""Somebody else who keeps the database from being written."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

from app.config import load_settings
from tests.support.popen import Popen

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""

_LOCK = {
    "postgresql": "LOCK TABLE groups IN EXCLUSIVE MODE",
    "mysql": "SELECT id FROM `groups` FOR UPDATE",
}


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Nobody else can give a `seq` or, on SQLite, write at all; reading goes on."""
    settings = load_settings(database_url=database_url).database
    if settings.is_sqlite:
        with _by_another_process(str(settings.url.database)):
            yield
        return
    engine = create_engine(settings.url)
    with engine.begin() as connection:
        connection.execute(text(_LOCK[engine.dialect.name]))
        yield
    engine.dispose()


@contextmanager
def _by_another_process(path: str) -> Iterator[None]:
    with Popen[bytes](
        [sys.executable, "-c", _HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        yield
        holder.stdin.close()
        holder.wait(10)
