"""pgbench, and who is missing. The other peers take part in the test of `compare`."""

from pathlib import Path

import pytest

from bench.compare.contenders import EJABBERD, contenders
from bench.databases import (
    POSTGRESQL,
    FreshDatabase,
)
from bench.peers import pgbench
from bench.peers.ejabberd import server as ejabberd
from bench.problems import BenchError
from tests.support.databases import PostgresDatabases


@pytest.mark.skipif(pgbench.program() is None, reason=pgbench.MISSING)
def test_pgbench_inserts_the_services_row(tmp_path: Path, postgres: PostgresDatabases) -> None:
    program = pgbench.program()
    assert program is not None
    database = FreshDatabase(POSTGRESQL, postgres.new(), tmp_path)
    found = pgbench.measure(program, database, pgbench.Plan(clients=5, seconds=1, size=50))
    assert found["verified"]
    assert found["acknowledged_per_second"] > 0


@pytest.mark.skipif(pgbench.program() is None, reason=pgbench.MISSING)
def test_a_pgbench_that_fails_says_why(tmp_path: Path, postgres: PostgresDatabases) -> None:
    program = pgbench.program()
    assert program is not None
    database = FreshDatabase(POSTGRESQL, postgres.new(), tmp_path)
    with pytest.raises(BenchError, match=r"pgbench failed: .*clients"):
        pgbench.measure(program, database, pgbench.Plan(clients=0, seconds=1, size=50))


def test_who_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    found, missing = contenders()
    assert EJABBERD not in [contender.name for contender in found]
    assert missing == [ejabberd.MISSING]
