"""What tests do to a database server past the service, on each kind of server."""

import time

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from app.config import load_settings
from app.db.engine import Database


def with_driver(database_url: str) -> URL:
    return load_settings(database_url=database_url).database.url


def administrative(database_url: str) -> URL:
    """Of the same server, but not of this database."""
    url = with_driver(database_url)
    return url.set(database="mysql" if url.get_backend_name() == "mysql" else "postgres")


def socket_of(database_url: str) -> str:
    """Of the server that has this database."""
    query = make_url(database_url).query
    path = query.get("unix_socket") or f"{query['host']}/.s.PGSQL.5432"
    assert isinstance(path, str)
    return path


def own_pid(db: Session) -> int:
    mysql = db.get_bind().dialect.name == "mysql"
    name = "connection_id()" if mysql else "pg_backend_pid()"
    return int(db.execute(text(f"SELECT {name}")).scalar_one())


def terminate(other: Database, pid: int) -> None:
    """The connection is dead when this returns."""
    with other.reading() as db:
        if other.engine.dialect.name != "mysql":
            db.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            return
        db.execute(text(f"KILL CONNECTION {pid}"))
        alive = text("SELECT count(*) FROM information_schema.processlist WHERE id = :pid")
        while db.execute(alive, {"pid": pid}).scalar_one():
            time.sleep(0.01)
