"""Real clients against the real program, in a process of its own, while things go wrong.

Short runs; `make chaos` has the long ones. The seed is random, and a failure says how to have the
same plan again.
"""

import random
from pathlib import Path

import pytest

from tests.guarantees.ai_records import Died
from tests.guarantees.history import Fault, Paged, of_kind
from tests.guarantees.plan import Plan
from tests.guarantees.run import Verdict, perform
from tests.guarantees.scenarios import SCENARIOS
from tests.guarantees.world import CrashingServer, crashing_mariadb, crashing_postgres
from tests.support.databases import Databases
from tests.support.mariadb import MariaDatabases


@pytest.fixture
def seed() -> int:
    return random.randrange(1 << 32)


def kept_promises(verdict: Verdict, folder: Path) -> None:
    """And something has happened at all."""
    kept = folder / "history.json"
    verdict.keep(kept)
    assert not verdict.violations, f"{verdict}\n{kept}"
    assert verdict.counts()["ok"] > 0, str(verdict)
    if verdict.plan.faults():
        assert list(of_kind(verdict.history.records, Fault)), str(verdict)


@pytest.mark.parametrize(("name", "seconds"), [("calm", 1), ("network", 2), ("restarts", 2)])
async def test_on_each_database(
    name: str, seconds: float, seed: int, database_url: str, tmp_path: Path
) -> None:
    """Retries of everything and members who come and go; without faults, over a network that cuts,
    resets, stalls and slows, and with a server that is killed and stopped."""
    verdict = await perform(Plan(SCENARIOS[name], seed, seconds), database_url, tmp_path)
    kept_promises(verdict, tmp_path)


def answered(verdict: Verdict) -> bool:
    return verdict.counts()["replies"] > 0


async def test_killed_between_the_ai_and_the_database(
    seed: int, database_url: str, tmp_path: Path
) -> None:
    """A server that ends itself right before or behind a commit, with an AI service that fails now
    and then: each patient's message has one end all the same."""
    verdict = await perform(Plan(SCENARIOS["ai points"], seed, 1.5), database_url, tmp_path)
    kept_promises(verdict, tmp_path)
    assert answered(verdict), str(verdict)
    assert list(of_kind(verdict.history.records, Died)), str(verdict)


@pytest.mark.parametrize("databases", ["postgresql", "mariadb"], indirect=True)
async def test_late_results(seed: int, databases: Databases, tmp_path: Path) -> None:
    """A server that stood still finds its leases taken over: what it has to say is discarded."""
    verdict = await perform(Plan(SCENARIOS["ai rivals"], seed, 1), databases.new(), tmp_path)
    kept_promises(verdict, tmp_path)
    assert answered(verdict), str(verdict)


async def test_in_the_picture(seed: int, tmp_path: Path) -> None:
    """Two instances, two workers, PostgreSQL and Redis: whatever fails, each promise holds."""
    verdict = await perform(Plan(SCENARIOS["everything"], seed, 2), "", tmp_path)
    kept_promises(verdict, tmp_path)
    assert answered(verdict), str(verdict)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_absence(seed: int, databases: Databases, tmp_path: Path) -> None:
    """A device that has missed more than a sync brings is told so, and pages."""
    plan = Plan(SCENARIOS["crowd"], seed, 1.5)
    verdict = await perform(plan, databases.new(), tmp_path)
    kept_promises(verdict, tmp_path)
    assert list(of_kind(verdict.history.records, Paged)), str(verdict)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "seconds"), [("storm", 1.5), ("deaf reader", 1), ("disk full", 2), ("im_client", 2)]
)
async def test_on_sqlite(
    name: str, seconds: float, seed: int, databases: Databases, tmp_path: Path
) -> None:
    """Many who are thrown out and come back at once; one who never reads; a disk that is full;
    this project's own client in place of the strict one."""
    verdict = await perform(Plan(SCENARIOS[name], seed, seconds), databases.new(), tmp_path)
    kept_promises(verdict, tmp_path)


async def database_faults(seed: int, folder: Path, server: CrashingServer) -> None:
    plan = Plan(SCENARIOS["database"], seed, 2.5)
    kept_promises(await perform(plan, server.new(), folder, server), folder)


async def test_database_faults(seed: int, tmp_path: Path) -> None:
    """PostgreSQL goes down at once and comes back; the way to it is cut, stalls, and is slow."""
    with crashing_postgres() as postgres:
        await database_faults(seed, tmp_path, postgres)


async def test_database_faults_of_mariadb(
    seed: int, mariadb: MariaDatabases, tmp_path: Path
) -> None:
    """The same with MariaDB, which is killed."""
    with crashing_mariadb() as own:
        await database_faults(seed, tmp_path, own)
