"""`im bench storm`, in short."""

from pathlib import Path

import psycopg
import pytest

from bench.databases import POSTGRESQL, FreshDatabase
from bench.statements import transactions
from tests.bench.running import assert_refused, figures_of
from tests.support.databases import PostgresDatabases


def test_all_who_dropped_come_back_whole(figures_file: Path, service_url: str) -> None:
    found = figures_of(
        figures_file, "storm", "--clients", "12", "--group-size", "4", "--missed", "20",
        "--url", service_url,
    )  # fmt: skip
    assert found["messages_recovered"] == 12 * 20
    assert found["all_recovered_s"] >= round(found["recovered_ms"]["p50"] / 1000, 3) > 0
    assert found["transactions"] is None


def test_transactions_are_counted(
    tmp_path: Path, postgres: PostgresDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that ends tells at once what it has done."""
    monkeypatch.setattr("bench.statements.FLUSH_SECONDS", 0)
    database = FreshDatabase(POSTGRESQL, postgres.new(), tmp_path)
    before = transactions(database)
    with psycopg.connect(database.url, autocommit=True) as connection:
        for _ in range(7):
            connection.execute("SELECT 1")
        connection.execute("SELECT pg_stat_force_next_flush()")
    after = transactions(database)
    assert before is not None
    assert after is not None
    assert after - before >= 7


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--clients", "0"), "--clients"),
        (("--clients", "15"), "--clients"),
        (("--group-size", "0"), "--group-size"),
        (("--missed", "0"), "--missed"),
        (("--missed", "501"), "--missed"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "storm", *arguments)
