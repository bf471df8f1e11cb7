"""`SessionLocal` as scripts use it, each in a process of its own."""

import os

import pytest
from sqlalchemy import text

from app.db.engine import Database
from tests.support.databases import Databases
from tests.support.processes import EXECUTED, Finished, finished

V2 = """\
# 测试 Repository
from app.db.database import SessionLocal
from app.repositories.user_repository import UserRepository
from app.repositories.group_repository import GroupRepository
from app.repositories.message_repository import MessageRepository
from app.utils.id_generator import generate_user_id, generate_group_id, generate_message_id

db = SessionLocal()

# 测试用户Repository
user_repo = UserRepository(db)
user_id = generate_user_id()
user = user_repo.create(user_id, "测试用户", "PATIENT")
print(f"Created user: {user.user_id}")

# 测试群组Repository
group_repo = GroupRepository(db)
group_id = generate_group_id()
group = group_repo.create(group_id, "测试群组", "测试描述", user_id)
print(f"Created group: {group.group_id}")

# 测试消息Repository
message_repo = MessageRepository(db)
message_id = generate_message_id()
message = message_repo.create(message_id, group_id, user_id, "TEXT", "测试消息")
print(f"Created message: {message.message_id}")
"""
V1 = """\
# 测试 Repository
from app.db.database import SessionLocal
from app.repositories.message_repository import MessageRepository
from app.schemas.message import MessageCreate

db = SessionLocal()
repo = MessageRepository(db)

# 创建消息
message_create = MessageCreate(
    content="测试消息",
    session_id="test_user"
)
message = repo.create(message_create, "test_user")
print(f"Created message: {message.message_id}")

# 查询消息
found = repo.get_by_id(message.message_id)
print(f"Found message: {found.msg_content}")

# 查询消息列表
messages, total = repo.get_by_session("test_user", 1, 20)
print(f"Total messages: {total}")
"""
COMMIT = "\ndb.commit()\ndb.close()\n"


STRICT = "import warnings\nwarnings.simplefilter('error')\n"


def python(script: str, url: str) -> Finished:
    return finished("-c", STRICT + script, env=environment(url))


def environment(url: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": url, "PYTHONIOENCODING": "utf-8"}


def count(database: Database, table: str) -> int:
    with database.reading() as db:
        return int(db.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_check_of_the_second_design(database: Database, database_url: str) -> None:
    """The check of its second milestone runs as it is written, and the caller's commit stores."""
    strictly = ("-W", "error", "-c", V2 + COMMIT)
    done = finished(*strictly, env=environment(database_url), popen=EXECUTED)
    assert (done.returncode, done.stderr) == (0, "")
    kinds = [line.split("_")[0] for line in done.stdout.splitlines()]
    assert kinds == ["Created user: user", "Created group: group", "Created message: msg"]
    assert [count(database, table) for table in ("users", "groups", "messages")] == [1, 1, 1]


def test_check_of_the_first_design(database: Database, database_url: str) -> None:
    """So does that of the session design; the message opens the session it names."""
    done = python(V1 + COMMIT, database_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["Found message: 测试消息", "Total messages: 1"]
    assert [count(database, table) for table in ("groups", "group_members")] == [1, 2]


def test_without_a_commit(database: Database, database_url: str) -> None:
    """Nothing is stored: the caller commits, and nobody else."""
    assert python(V2 + "\ndb.close()\n", database_url).returncode == 0
    assert count(database, "users") == 0


@pytest.mark.parametrize("script", [V1, V2])
def test_unmigrated_database(databases: Databases, script: str) -> None:
    """The last line says what is wrong and which command mends it."""
    done = python(script, databases.new(migrated=False))
    assert done.returncode == 1
    assert "SchemaMismatch" in done.stderr.splitlines()[-1]
    assert "run `im db upgrade`" in done.stderr.splitlines()[-1]
