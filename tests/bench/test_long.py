"""`im bench idle`, `history` and `memory`, in short, each with a server of its own."""

import asyncio
import sys
from pathlib import Path

import pytest

from bench.groups import client, create_groups
from bench.measures.history import Plan, measure
from bench.measures.memory import Sample, growth_kib
from bench.program import Target
from tests.bench.running import assert_refused, figures_of, run

linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@linux
def test_idle_connections_are_weighed_beside_a_bare_server(
    figures_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.measures.idle.SETTLE_SECONDS", 0.05)
    found = figures_of(figures_file, "idle", "--connections", "200")
    assert found["service"]["kib_per_connection"] > 0
    assert found["floor"]["kib_per_connection"] > 0
    assert found["called"] == 100


def test_both_ends_of_a_history_are_read(figures_file: Path) -> None:
    found = figures_of(figures_file, "history", "--messages", "300", "--reads", "3")
    assert len(found["read_ms"]) == 6
    assert set(found["deep_to_shallow"]) == {"page", "before_seq", "after_seq"}


@linux
def test_memory_is_looked_at_ten_times(figures_file: Path) -> None:
    found = figures_of(figures_file, "memory", "--messages", "500", "--users", "5")
    assert len(found["samples"]) == 11
    assert all(sample["kib"] > 1000 for sample in found["samples"])
    assert found["acknowledged"] == found["stored"] >= 500


def test_growth_is_told_from_the_filling_at_the_begin() -> None:
    filling = [Sample(n, kib) for n, kib in enumerate([0, 500, *[600] * 9])]
    leaking = [Sample(n, 100 * n) for n in range(11)]
    assert growth_kib(filling) == 0
    assert growth_kib(leaking) == 600


async def test_a_history_that_is_not_what_was_loaded_is_told(service_url: str) -> None:
    """Here nothing was."""
    async with client(service_url) as http:
        [group] = await create_groups(http, 1)
    plan = Plan(messages=200, reads=1, size=5)
    found = await asyncio.to_thread(measure, Target(service_url), group, plan)
    assert len(found.faults) == 6
    assert "page 2 did not have the messages it should have" in found.faults


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("idle", "--connections", "100"), "--connections"),
        (("idle", "--group-size", "0"), "--group-size"),
        (("idle", "--connections", "205"), "--group-size"),
        (("history", "--messages", "150"), "--messages"),
        (("history", "--messages", "100"), "--messages"),
        (("history", "--reads", "0"), "--reads"),
        (("memory", "--messages", "9"), "--messages"),
        (("memory", "--users", "0"), "--users"),
        (("memory", "--database-url", "oracle"), "--database-url"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, *arguments)


@linux
def test_more_connections_than_the_system_allows_are_refused() -> None:
    result = run("idle", "--connections", "1000000")
    assert result.exit_code == 1
    assert result.stderr.startswith("--connections: this system lets a process have")
