"""ejabberd as the distribution packages it, run for one measurement: own configuration, ports,
folder and log, never the system's service. Rooms are archived in PostgreSQL; a room hands out a
message once its row is written."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.databases import FreshDatabase
from bench.program import Ready, started_by
from bench.stage import Stage

HOST = "localhost"
SCHEMA = Path("/usr/share/ejabberd/sql/pg.sql")
LIBRARIES = Path("/usr/lib")
MISSING = "ejabberd: not installed; apt-get install ejabberd erlang-p1-pgsql"


def installed() -> bool:
    return bool(shutil.which("erl")) and SCHEMA.exists() and _code() is not None


def version() -> str:
    code = _code()
    return code.parent.name.partition("-")[2] if code else ""


@contextmanager
def ejabberd_stage(database: FreshDatabase) -> Iterator[Stage]:
    """Raises BenchError."""
    _make_tables(database)
    folder, port = database.folder, _free_port()
    config = folder / "ejabberd.yml"
    config.write_text(json.dumps(_configuration(database, port), indent=1))
    with started_by(_command(folder), _environment(folder), folder, _listens_on(port)) as target:
        yield Stage(target, database, database.shown)


def _configuration(database: FreshDatabase, port: int) -> dict[str, object]:
    """JSON is YAML too. Its own defaults but for limits, which are off, and for the archive of a
    room, which stays when the last member has left."""
    room = {"mam": True, "max_users": 10000, "anonymous": False, "public": False}
    return {
        "hosts": [HOST],
        "loglevel": "warning",
        "listen": [
            {"port": port, "ip": "127.0.0.1", "module": "ejabberd_c2s", "max_stanza_size": 262144}
        ],
        "auth_method": ["anonymous"],
        "anonymous_protocol": "sasl_anon",
        "sql_type": "pgsql",
        "sql_server": database.address,
        "sql_database": database.url.partition("?")[0].rpartition("/")[2],
        "sql_username": "postgres",
        "modules": {
            "mod_mam": {
                "db_type": "sql",
                "default": "always",
                "clear_archive_on_room_destroy": False,
            },
            "mod_muc": {
                "access_create": "all",
                "history_size": 0,
                "max_users": 10000,
                "default_room_options": room,
            },
        },
    }


def _command(folder: Path) -> list[str]:
    return [
        "erl", "-noinput", "+K", "true", "+P", "250000",
        "-mnesia", "dir", f'"{folder / "spool"}"', "-s", "ejabberd",
    ]  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    code = _code()
    return os.environ | {
        "HOME": str(folder),
        "ERL_LIBS": str(code.parents[1]) if code else "",
        "EJABBERD_CONFIG_PATH": str(folder / "ejabberd.yml"),
        "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
        "ERL_CRASH_DUMP": str(folder / "crash.dump"),
    }


def _make_tables(database: FreshDatabase) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(SCHEMA.read_bytes())


def _code() -> Path | None:
    """The folder of its programs."""
    return next(iter(sorted(LIBRARIES.glob("*/ejabberd-*/ebin"))), None)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens_on(port: int) -> Ready:
    def ready(_log: str) -> str:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return ""
        return f"xmpp://127.0.0.1:{port}"

    return ready
