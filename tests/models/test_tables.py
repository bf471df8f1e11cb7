"""The tables as the database has them after all migrations."""

from typing import Any

import pytest
from sqlalchemy import BigInteger, Inspector, Integer, SmallInteger, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn

from app.db.engine import Database
from app.models import User

ASKED: dict[str, dict[str, tuple[str, bool]]] = {
    "users": {
        "id": ("big", False),
        "user_id": ("varchar 48", False),
        "username": ("varchar 64", False),
        "user_role": ("varchar 32", False),
        "created_at": ("time", False),
        "updated_at": ("time", False),
    },
    "groups": {
        "id": ("big", False),
        "group_id": ("varchar 64", False),
        "group_name": ("varchar 128", False),
        "description": ("text", True),
        "created_by": ("varchar 48", False),
        "created_at": ("time", False),
        "updated_at": ("time", False),
    },
    "group_members": {
        "id": ("big", False),
        "group_id": ("varchar 64", False),
        "user_id": ("varchar 48", False),
        "user_role": ("varchar 32", False),
        "joined_at": ("time", False),
    },
    "messages": {
        "id": ("big", False),
        "message_id": ("varchar 64", False),
        "group_id": ("varchar 64", False),
        "from_user_id": ("varchar 48", False),
        "msg_type": ("varchar 32", False),
        "msg_content": ("text", False),
        "created_at": ("time", False),
        "updated_at": ("time", False),
    },
    "ai_interaction_records": {
        "id": ("big", False),
        "record_id": ("varchar 64", False),
        "group_id": ("varchar 64", False),
        "user_message_id": ("varchar 64", False),
        "ai_message_id": ("varchar 64", True),
        "ai_service_url": ("varchar 256", True),
        "request_content": ("text", True),
        "response_content": ("text", True),
        "status": ("small", False),
        "duration_ms": ("big", True),
        "error_message": ("varchar 500", True),
        "created_at": ("time", False),
        "updated_at": ("time", False),
    },
}
"""Section 4.2 of the design: type with length, and whether it may be NULL."""

DEFAULTS = {
    ("users", "user_role"): "PATIENT",
    ("messages", "msg_type"): "TEXT",
    ("ai_interaction_records", "status"): "0",
}
INDEXED = [
    ("users", ["user_id"]),
    ("users", ["user_role"]),
    ("groups", ["group_id"]),
    ("groups", ["created_by"]),
    ("group_members", ["group_id", "user_id"]),
    ("group_members", ["group_id"]),
    ("group_members", ["user_id"]),
    ("group_members", ["user_role"]),
    ("messages", ["message_id"]),
    ("messages", ["group_id"]),
    ("messages", ["from_user_id"]),
    ("messages", ["created_at"]),
    ("messages", ["group_id", "created_at"]),
    ("ai_interaction_records", ["record_id"]),
    ("ai_interaction_records", ["group_id"]),
    ("ai_interaction_records", ["user_message_id"]),
    ("ai_interaction_records", ["status"]),
    ("ai_interaction_records", ["created_at"]),
]
UNIQUE = {
    "users": [["user_id"]],
    "groups": [["group_id"]],
    "group_members": [["group_id", "user_id"]],
    "messages": [
        ["message_id"],
        ["group_id", "seq"],
        ["from_user_id", "group_id", "client_msg_id"],
    ],
    "ai_interaction_records": [["record_id"], ["user_message_id"]],
}

KINDS = {"TEXT": "text", "MEDIUMTEXT": "text", "TIMESTAMP": "time", "DATETIME": "time"}


@pytest.fixture
def schema(shared_database: Database) -> Inspector:
    return inspect(shared_database.engine)


def kind(column: ReflectedColumn) -> str:
    found: Any = column["type"]
    name = type(found).__name__
    if getattr(found, "length", None):
        return f"varchar {found.length}"
    if isinstance(found, SmallInteger):
        return "small"
    if isinstance(found, BigInteger) or (isinstance(found, Integer) and column["name"] == "id"):
        return "big"
    return KINDS.get(name, name)


@pytest.mark.parametrize("table", sorted(ASKED))
def test_columns(schema: Inspector, table: str) -> None:
    """Have the names, types, lengths and nullability of the design."""
    found = {c["name"]: (kind(c), c["nullable"]) for c in schema.get_columns(table)}
    assert {name: found.get(name) for name in ASKED[table]} == ASKED[table]


def test_defaults(schema: Inspector) -> None:
    """What the design's scripts leave out is filled in by the database itself."""
    for (table, name), wanted in DEFAULTS.items():
        (column,) = [c for c in schema.get_columns(table) if c["name"] == name]
        assert str(column["default"]).split("::")[0].strip("'") == wanted
    for table, columns in ASKED.items():
        for column in schema.get_columns(table):
            if column["name"] in columns and kind(column) == "time":
                assert "CURRENT_TIMESTAMP" in str(column["default"]).upper()


@pytest.mark.parametrize(("table", "columns"), INDEXED)
def test_index(schema: Inspector, table: str, columns: list[str]) -> None:
    """Every index of the design is there, be it as the beginning of a longer one."""
    found = [list(index["column_names"]) for index in schema.get_indexes(table)]
    found += [list(unique["column_names"]) for unique in schema.get_unique_constraints(table)]
    assert any(indexed[: len(columns)] == columns for indexed in found)


@pytest.mark.parametrize("table", sorted(UNIQUE))
def test_unique(schema: Inspector, table: str) -> None:
    """The database itself holds what must not be there twice."""
    found = [constraint["column_names"] for constraint in schema.get_unique_constraints(table)]
    assert sorted(found) == sorted(UNIQUE[table])


@pytest.mark.parametrize(
    ("role", "answers"),
    [("PATIENT", (True, False, False)), ("DOCTOR", (False, True, False)),
     ("AI_ASSISTANT", (False, False, True))],
)  # fmt: skip
def test_roles(role: str, answers: tuple[bool, bool, bool]) -> None:
    """A user knows what it is."""
    user = User(user_id="u", username="u", user_role=role)
    assert (user.is_patient(), user.is_doctor(), user.is_ai_assistant()) == answers
