"""`im bench databases`, in short, on real servers."""

from pathlib import Path

import pytest

from tests.bench.running import assert_refused, figures_of
from tests.support.databases import PostgresDatabases
from tests.support.mariadb import MariaDatabases


def test_mariadb_is_beside_postgresql(
    figures_file: Path, postgres: PostgresDatabases, mariadb: MariaDatabases
) -> None:
    found = figures_of(
        figures_file, "databases", "--users", "3", "--rounds", "1", "--seconds", "0.3",
        "--warm-up", "0.05", "--postgresql-url", postgres.new(migrated=False),
        "--mariadb-url", mariadb.new(migrated=False),
    )  # fmt: skip
    rate = found["acknowledged_per_second"]
    assert found["ratio"] == pytest.approx(rate["mariadb"] / rate["postgresql"], abs=0.01)
    assert "MariaDB" in found["turns"]["mariadb"][0]["database"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--users", "0"), "--users"),
        (("--rounds", "0"), "--rounds"),
        (("--seconds", "0"), "--seconds"),
        (("--postgresql-url", "mariadb"), "--postgresql-url"),
        (("--mariadb-url", "postgresql"), "--mariadb-url"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "databases", *arguments)
