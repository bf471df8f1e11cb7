"""Each database's own form of the statements gives what the portable form gives."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.models.message import Message
from app.repositories.batch import BatchStatements, batch_statements
from app.repositories.group_repository import GroupRepository
from app.services.core.access import Caller
from app.services.core.group_service import GroupService
from app.services.core.rules import is_id
from app.services.core.translate import message_record
from app.utils.clock import utc_now
from app.utils.id_generator import generate_message_id


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    with database.writing() as session:
        yield session


@pytest.fixture
def group(db: Session) -> str:
    return GroupService(db).create_group("g", None, Caller("doc")).group_id


@pytest.fixture(params=["portable", "own"])
def statements(request: pytest.FixtureRequest, db: Session) -> BatchStatements:
    return BatchStatements(db) if request.param == "portable" else batch_statements(db)


def row(group: str, seq: int, client_msg_id: str | None = None) -> dict[str, object]:
    return {
        "message_id": generate_message_id(), "group_id": group, "seq": seq,
        "from_user_id": "doc", "user_role": "DOCTOR", "msg_type": "TEXT",
        "msg_content": 'quotes " \' and 你好 🎉 {},\\ NULL', "client_msg_id": client_msg_id,
        "reply_to_message_id": None, "finish_reason": None,
    }  # fmt: skip


def test_each_database_has_a_form_of_its_own(db: Session) -> None:
    """Or the comparison below would compare nothing."""
    assert type(batch_statements(db)) is not BatchStatements


def heads(statements: BatchStatements, *groups: str) -> dict[str, int]:
    return {group: last_seq for group, (last_seq, _) in statements.lock_states(groups).items()}


def test_states_of_groups_that_exist(statements: BatchStatements, group: str) -> None:
    """Unknown groups are left out; none asked, none given."""
    assert statements.lock_states([group, "nowhere"]) == {group: (0, 1)}
    assert statements.lock_states([]) == {}


def test_roles_of_those_who_are_members(statements: BatchStatements, group: str) -> None:
    """A pair that is no membership is left out."""
    pairs = [(group, "doc"), (group, "stranger"), ("nowhere", "doc")]
    assert statements.roles(pairs) == {(group, "doc"): "DOCTOR"}


def test_what_is_inserted_is_read_back_whole(
    db: Session, statements: BatchStatements, group: str
) -> None:
    """Text, times to the microsecond, nulls; each message_id with its row's id."""
    moment = utc_now()
    rows = [row(group, 1, "a"), row(group, 2), row(group, 3, "c")]
    ids = statements.insert(rows, moment)
    db.commit()
    found = statements.repeats([("doc", group, "a"), ("doc", group, "c"), ("doc", group, "x")])
    assert found.keys() == {("doc", group, "a"), ("doc", group, "c")}
    for stored, asked in ((found["doc", group, "a"], rows[0]), (found["doc", group, "c"], rows[2])):
        record = message_record(stored)
        assert record.id == ids[record.message_id]
        assert {name: getattr(record, name) for name in asked} == asked
        assert record.created_at == record.updated_at == moment
    assert sorted(ids) == sorted(str(r["message_id"]) for r in rows)
    assert len(set(ids.values())) == len(rows)


def test_heads_are_written_back(db: Session, statements: BatchStatements, group: str) -> None:
    """With the time of the last activity, by which lists of groups are sorted."""
    other = GroupService(db).create_group("other", None, Caller("doc")).group_id
    moment = utc_now()
    statements.advance_heads({group: 7, other: 9}, moment)
    db.commit()
    assert heads(statements, group, other) == {group: 7, other: 9}
    db.expire_all()
    assert GroupService(db).get_group(group, Caller("doc")).updated_at == moment


def test_own_forms_are_single_texts_and_use_indexes(
    database: Database, db: Session, group: str
) -> None:
    """On SQLite no lookup reads a whole table; nowhere does a text depend on the batch's size."""
    texts: set[str] = set()

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        texts.add(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    own = batch_statements(db)
    first: set[str] = set()
    for size in (1, 3, 20):
        own.lock_states([group] * size)
        users = [(group, f"u{i}") for i in range(size)]
        own.look_up(users, [("doc", group, f"none{i}") for i in range(size)])
        first = first or set(texts)
    assert texts == first
    if database.engine.dialect.name == "sqlite":
        for text in sorted(texts):
            plan = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("[]",))
            steps = [str(step.detail) for step in plan]
            assert not [s for s in steps if s.startswith("SCAN") and "VIRTUAL TABLE" not in s]


def test_both_lookups_at_one_go(db: Session, statements: BatchStatements, group: str) -> None:
    """Give what each gives alone."""
    statements.append([row(group, 1, "a")], {group: 1}, utc_now())
    pairs, keys = [(group, "doc"), (group, "nobody")], [("doc", group, "a"), ("doc", group, "b")]
    roles, repeats = statements.look_up(pairs, keys)
    assert roles == statements.roles(pairs) == {(group, "doc"): "DOCTOR"}
    assert repeats == statements.repeats(keys)
    assert repeats.keys() == {("doc", group, "a")}
    assert statements.look_up((), ()) == ({}, {})
    assert heads(statements, group) == {group: 1}


def test_every_column_is_stored_as_given(
    db: Session, statements: BatchStatements, group: str
) -> None:
    """Of an AI's answer too, which fills the most of them."""
    answer = row(group, 1) | {
        "from_user_id": "ai_assistant_001",
        "user_role": "AI_ASSISTANT",
        "msg_type": "AI_REPLY",
        "reply_to_message_id": "msg_0",
        "finish_reason": "complete",
    }
    (row_id,) = statements.insert([answer], utc_now()).values()
    stored = db.get_one(Message, row_id)
    assert {name: getattr(stored, name) for name in answer} == answer


def test_ids_of_rows_rise(statements: BatchStatements, group: str) -> None:
    """From batch to batch, and none is given twice."""
    first = statements.insert([row(group, 1), row(group, 2)], utc_now()).values()
    second = statements.insert([row(group, 3), row(group, 4)], utc_now()).values()
    assert len({*first, *second}) == 4
    assert max(first) < min(second)


def test_repeat_of_somebody_else(statements: BatchStatements, group: str) -> None:
    """A repeat is one only where sender, group and client_msg_id agree."""
    statements.insert([row(group, 1, "1"), row(group, 2)], utc_now())
    keys = [
        ("doc", group, "1"), ("pat", group, "1"), ("doc", "nowhere", "1"), ("doc", group, "None"),
    ]  # fmt: skip
    assert set(statements.repeats(keys)) == {("doc", group, "1")}


def test_largest_batch(statements: BatchStatements, group: str) -> None:
    """A thousand messages pass through every statement."""
    rows = [row(group, seq, str(seq)) for seq in range(1, 1001)]
    assert len(set(statements.insert(rows, utc_now()).values())) == 1000
    assert len(statements.repeats([("doc", group, str(seq)) for seq in range(1, 1001)])) == 1000
    assert len(statements.roles([(group, f"u{n}") for n in range(999)] + [(group, "doc")])) == 1
    assert heads(statements, *(f"g{n}" for n in range(999)), group) == {group: 0}


PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
IDS = st.text(PRINTABLE, min_size=1, max_size=20).filter(is_id)


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sets(st.tuples(IDS, IDS), min_size=1, max_size=5))
def test_any_ids(database: Database, pairs: set[tuple[str, str]]) -> None:
    """Whatever printable ids clients think up, every form finds what is stored under them."""
    with database.writing() as db:
        groups = sorted({group for group, _ in pairs})
        for group in groups:
            GroupRepository(db).create(group, "name", None, "doc")
        rows = [
            row(group, seq, key) | {"from_user_id": key}
            for seq, (group, key) in enumerate(sorted(pairs), 1)
        ]
        own, expected = batch_statements(db), dict.fromkeys(groups, 1)
        own.insert(rows, utc_now())
        own.advance_heads(expected, utc_now())
        for form in (own, BatchStatements(db)):
            assert heads(form, *groups) == expected
            assert set(form.repeats([(key, g, key) for g, key in pairs])) == {
                (key, g, key) for g, key in pairs
            }
