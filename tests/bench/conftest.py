import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.running import NO_LIMITS
from tests.support.databases import SqliteFiles
from tests.support.popen import Popen
from tests.support.processes import UNTRACED
from tests.support.servers import run_service


@pytest.fixture(autouse=True)
def _untraced_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests trace them; here tracing would only make them slow."""
    for name, value in UNTRACED.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _forked_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that a measurement starts come up like those of other tests."""
    monkeypatch.setattr(subprocess, "Popen", Popen)


@pytest.fixture(scope="module")
def service_url(sqlite_files: SqliteFiles) -> Iterator[str]:
    """A service that runs already, for measurements that need none of their own."""
    with run_service(database_url=sqlite_files.new(), **NO_LIMITS) as server:
        yield server.url


@pytest.fixture
def figures_file(tmp_path: Path) -> Path:
    return tmp_path / "figures.json"
