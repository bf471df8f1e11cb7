"""What a start may meet, and what a stop leaves behind."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from app.bootstrap import Container, StartError, build, prepare_database
from app.config import load_settings
from app.db import migrate
from app.db.engine import open_database
from app.errors import AIUnavailable, Overloaded
from app.services.core.access import Caller
from app.services.core.group_service import GroupService
from app.services.core.message_service import MessageService
from app.services.core.records import SendCommand
from app.services.core.user_service import UserService
from app.websocket.close_codes import CloseCode
from tests.support.databases import Databases
from tests.websocket.recorder import Recorder

only_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


def container(url: str, **settings: object) -> Container:
    return build(load_settings(database_url=url, **settings))


async def refusal(url: str) -> str:
    """The one line that a start ends with."""
    starting = container(url, database_timeout=0.5)
    with pytest.raises(StartError) as error:
        await starting.start()
    starting.database.dispose()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_build_connects_to_nothing() -> None:
    """So that settings can be checked before anything is there."""
    built = container("postgresql://user:secret@127.0.0.1:1/im")
    built.database.dispose()


@only_sqlite
async def test_sqlite_is_migrated(databases: Databases) -> None:
    """An empty file becomes a database, which keeps its epoch from start to start."""
    url = databases.new(migrated=False)
    epochs = []
    for _ in range(2):
        running = container(url)
        await running.start()
        epochs.append(running.epoch)
        await running.stop()
    assert epochs[0] == epochs[1] != ""


@only_postgresql
async def test_postgresql_is_only_checked(databases: Databases) -> None:
    """A schema that is behind is told with the command that mends it, and left alone."""
    url = databases.new(migrated=False)
    assert "at nothing" in (message := await refusal(url))
    assert message.endswith("run `im db upgrade`")
    database = open_database(load_settings(database_url=url).database)
    assert migrate.current_revision(database.engine) is None
    database.dispose()


async def test_schema_ahead(database_url: str) -> None:
    """Is refused on every database, and left alone."""
    database = open_database(load_settings(database_url=database_url).database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()
    message = await refusal(database_url)
    assert "9999, which this version does not know" in message
    assert "run a newer version" in message


async def test_no_such_server() -> None:
    """Is told with the address, and without the password."""
    message = await refusal("postgresql://user:secret@127.0.0.1:1/im")
    assert message.startswith("DATABASE_URL: cannot use postgresql+psycopg://user:***@127.0.0.1:1")
    assert "secret" not in message


@only_postgresql
async def test_no_such_database(database_url: str) -> None:
    """Is told in the server's own words."""
    message = await refusal(database_url.replace("/im_", "/gone_"))
    assert "does not exist" in message


async def test_file_that_is_no_database(tmp_path: Path) -> None:
    """Is told, and stays as it is."""
    path = tmp_path / "im.db"
    content = b"something else altogether, of which nobody has a copy" * 100
    path.write_bytes(content)
    assert "file is not a database" in await refusal(f"sqlite:///{path}")
    assert path.read_bytes() == content


@only_sqlite
async def test_locked_database(database_url: str) -> None:
    """A start does not wait for ever."""
    path = database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "database is locked" in await refusal(database_url)


HOLD = """
import sys
from pathlib import Path
from app.db.exclusive import ExclusiveFile
file = ExclusiveFile(Path(sys.argv[1]))
file.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@only_sqlite
async def test_second_process_on_a_file(database_url: str) -> None:
    """Is refused while the first one runs, and starts once that has ended, however it ended."""
    path = database_url.removeprefix("sqlite:///")
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdout is not None
    assert await first.stdout.readline() == b"held\n"
    assert "is in use by another process" in await refusal(database_url)
    first.kill()
    await first.wait()
    second = container(database_url)
    await second.start()
    await second.stop()


async def test_stop_gives_the_database_back(database_url: str) -> None:
    """The next instance in the same process can start at once."""
    for _ in range(2):
        running = container(database_url)
        await running.start()
        await running.stop()


def test_preparing_twice(database_url: str) -> None:
    """`im serve` prepares before it starts; that does no harm."""
    settings = load_settings(database_url=database_url)
    database = open_database(settings.database)
    prepare_database(database, settings)
    prepare_database(database, settings)
    database.dispose()


async def test_without_an_ai_service(database_url: str) -> None:
    """The layer is left out altogether."""
    running = container(database_url)
    await running.start()
    assert running.ai_layer is None
    with pytest.raises(AIUnavailable):
        running.ai  # noqa: B018 - asking is what raises
    await running.stop()


async def test_with_an_ai_service(database_url: str) -> None:
    """The layer is there, and the AI's user with it."""
    running = container(database_url, ai_service_url="http://127.0.0.1:1/chat")
    await running.start()
    assert running.ai is running.ai_layer
    caller = Caller("backend", manages_users=True)
    found = await running.door.read(lambda db: UserService(db).get_user("ai_assistant_001", caller))
    assert found.user_role == "AI_ASSISTANT"
    await running.stop()


@only_postgresql
async def test_a_redis_that_is_not_there(database_url: str) -> None:
    """Does not keep the service from starting: it comes back, or it does not. One line says so."""
    running = container(database_url, redis_url="redis://:hidden@127.0.0.1:1")
    with capture_logs() as logs:
        await running.start()
    assert running.bus.state.startswith("redis, down: ")
    await running.stop()
    (line,) = [line for line in logs if line["event"] == "bus_down"]
    assert "hidden" not in str(line)


@only_sqlite
async def test_redis_beside_sqlite(database_url: str) -> None:
    """Is not needed, since SQLite serves one process."""
    running = container(database_url, redis_url="redis://127.0.0.1:1")
    await running.start()
    assert running.bus.state == "local"
    await running.stop()


async def test_stop_stores_what_was_accepted(database_url: str) -> None:
    """Whatever waits in the queue is stored before the door is shut, and nothing more is taken."""
    running = container(database_url, send_batch_size=2)
    await running.start()
    caller = Caller("dora")
    group = await running.door.run(
        lambda db: GroupService(db).create_group("Ward", None, caller).group_id
    )
    command = SendCommand(group_id=group, from_user_id="dora", content="x")
    waiting = [running.queue.submit(command) for _ in range(9)]
    await running.stop()
    assert [future.result().seq for future in waiting] == list(range(1, 10))
    with pytest.raises(Overloaded):
        running.queue.submit(command)
    again = container(database_url)
    await again.start()
    messages = await again.door.read(lambda db: MessageService(db).between(group, 0, 100))
    assert len(messages) == 9
    await again.stop()


async def test_events_reach_sockets(database_url: str) -> None:
    """Who is connected hears of new members, of messages and of who is gone."""
    running = container(database_url)
    await running.start()
    connection = Recorder("dora", running.hub.flush)
    running.hub.begin(connection)
    running.hub.join(connection, {})
    caller = Caller("dora")
    group = await running.door.run(
        lambda db: GroupService(db).create_group("Ward", None, caller).group_id
    )
    await running.queue.send(SendCommand(group_id=group, from_user_id="dora", content="x"))
    await running.door.run(lambda db: GroupService(db).remove_member(group, "dora", caller))
    await running.stop()
    kinds = [json.loads(text)["type"] for text in connection.heard]
    assert kinds == ["member_added", "message_sent", "member_removed"]
    assert connection.close_code is CloseCode.GOING_DOWN
