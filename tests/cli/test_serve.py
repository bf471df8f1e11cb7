"""`im serve`: every start that cannot work ends in one line that says why, and no traceback."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from app.db import migrate
from tests.support.databases import PostgresDatabases, SqliteFiles
from tests.support.groups import open_ward, send
from tests.support.popen import Popen
from tests.support.processes import (
    ExecutedServer,
    Finished,
    finished,
    free_port,
    im,
    running,
    server_process,
)
from tests.support.sockets import open_socket

SECRET = "0123456789abcdef0123456789abcdef"


def refused(done: Finished, *words: str) -> None:
    """One line on stderr with all of these words."""
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PORT": "eighty"}, ["PORT", "integer"]),
        ({"DATABASE_URL": "oracle://x"}, ["DATABASE_URL", "sqlite:///", "postgresql://"]),
        ({"AUTH_MODE": "jwt"}, ["JWT_SECRET", "32"]),
        ({"AI_SERVICE_API_KEY": "k"}, ["AI_SERVICE_API_KEY", "AI_SERVICE_URL"]),
        ({"HOST": "0.0.0.0"}, ["HOST", "AUTH_MODE=jwt", "--allow-open-network"]),
        ({"AUTH_MODE": "jwt", "JWT_SECRET": SECRET, "ALLOW_OPEN_NETWORK": "1"}, ["ALLOW_OPEN"]),
        (
            {"AUTH_MODE": "jwt", "JWT_ALGORITHM": "RS256", "JWT_PUBLIC_KEY": "/nowhere.pem"},
            ["JWT_PUBLIC_KEY", "PEM"],
        ),
    ],
)
def test_a_wrong_setting_ends_the_start(env: dict[str, str], words: list[str]) -> None:
    """Named, with what it may be."""
    refused(im("serve", **{"PORT": str(free_port()), **env}), *words)


def test_a_port_in_use() -> None:
    """Said before anything else is touched."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused(im("serve", "--port", port), "PORT", port, "in use", "--port")


def test_a_database_that_is_not_there() -> None:
    """PostgreSQL that nobody runs; the password is not repeated."""
    url = "postgresql://someone:secret@127.0.0.1:9/im"
    done = im("serve", "--port", str(free_port()), DATABASE_URL=url)
    refused(done, "DATABASE_URL", "127.0.0.1:9", "cannot use")
    assert "secret" not in done.stderr


def test_a_database_behind(postgres: PostgresDatabases) -> None:
    """On PostgreSQL nothing is migrated behind the operator's back."""
    url = postgres.new(migrated=False)
    done = im("serve", "--port", str(free_port()), DATABASE_URL=url)
    refused(done, "DATABASE_URL", "im db upgrade")
    assert im("db", "current", DATABASE_URL=url).returncode == 1
    head = migrate.head_revision()
    assert im("db", "upgrade", DATABASE_URL=url).stdout == f"empty -> {head}\n"
    assert im("db", "upgrade", DATABASE_URL=url).stdout == f"{head} -> {head}\n"
    assert im("db", "current", DATABASE_URL=url).stdout == f"{head} (up to date)\n"


def test_a_database_ahead(sqlite_files: SqliteFiles) -> None:
    """Changed by a newer version: this one keeps its hands off it."""
    url = sqlite_files.new()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    refused(im("serve", "--port", str(free_port()), DATABASE_URL=url), "9999", "newer version")
    refused(im("db", "upgrade", DATABASE_URL=url), "9999", "newer version")


def test_a_locked_database(sqlite_files: SqliteFiles) -> None:
    """Somebody else holds the write lock for longer than DATABASE_TIMEOUT."""
    url = sqlite_files.new(migrated=False)
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    done = im("serve", "--port", str(free_port()), DATABASE_URL=url, DATABASE_TIMEOUT="0.2")
    holder.close()
    refused(done, "DATABASE_URL", "locked")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The SQLite file's folder is a file."""
    (tmp_path / "file").write_text("")
    url = f"sqlite:///{tmp_path}/file/im.db"
    refused(im("serve", "--port", str(free_port()), DATABASE_URL=url), "DATABASE_URL", "file")


def test_a_second_process_on_one_sqlite_file(tmp_path: Path) -> None:
    """Refused: each would push only to its own sockets."""
    url = f"sqlite:///{tmp_path}/im.db"
    with server_process(tmp_path / "log", DATABASE_URL=url):
        refused(im("serve", "--port", str(free_port()), DATABASE_URL=url), "in use", "PostgreSQL")
    with server_process(tmp_path / "log", DATABASE_URL=url):
        pass  # killed is gone


async def test_it_serves_migrates_and_ends_in_order(tmp_path: Path) -> None:
    """From nothing to a conversation on a fresh SQLite file; SIGTERM closes sockets with 4001."""
    database = tmp_path / "new" / "im.db"
    with running(ExecutedServer(tmp_path / "log", DATABASE_URL=f"sqlite:///{database}")) as server:
        ward = await open_ward(server)
        async with open_socket(server.ws_url, ward.patient) as patient:
            async with server.http() as http:
                await send(http, ward.group_id, "hello")
            assert (await patient.receive("message_sent"))["content"] == "hello"
            assert server.stop() == 0
            assert await patient.closed() == 4001
        server.start()
        async with server.http() as http:
            listed = await http.get("/api/message/list", params={"group_id": ward.group_id})
            assert listed.json()["total"] == 1
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_two_starts_at_once_migrate_once(tmp_path: Path) -> None:
    """Both come up: the second waits for the first's lock."""
    url = f"sqlite:///{tmp_path}/im.db"
    starts = [
        Popen(
            [sys.executable, "-m", "app.cli", "db", "upgrade"],
            env={**os.environ, "DATABASE_URL": url},
        )
        for _ in range(3)
    ]
    assert [start.wait(30) for start in starts] == [0, 0, 0]


def test_uvicorn_runs_it_too(tmp_path: Path) -> None:
    """`uvicorn app.main:app`, as the seeds start it; a wrong setting is one line there too."""
    port = str(free_port())
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", port]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        answer = _health(f"http://127.0.0.1:{port}")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert answer["status"] == "ok"

    env = {**os.environ, "LOG_LEVEL": "LOUD"}
    wrong = finished(*command[1:], env=env)
    refused(wrong, "LOG_LEVEL", "DEBUG")


def _health(url: str) -> dict[str, str]:
    for _ in range(300):
        try:
            found: dict[str, str] = httpx2.get(f"{url}/health", trust_env=False).json()
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return found
    raise AssertionError(url)
