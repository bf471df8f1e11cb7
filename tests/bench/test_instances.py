"""`im bench instances`, in short, on real servers."""

from pathlib import Path

import pytest

from bench.clients.split_room import SplitRoom
from bench.measures.rooms import Plan
from bench.reports.instances import Turn, figures
from tests.bench.running import assert_refused, figures_of
from tests.support.databases import PostgresDatabases

SHORT = (
    "--members", "4", "--groups", "2", "--rounds", "1", "--seconds", "0.3", "--warm-up", "0.05",
)  # fmt: skip
PLAN = Plan(1, 0, 1, 2.0, 0.5, 200, 0, 20.0)


def test_two_instances_are_beside_one_alone(
    figures_file: Path, postgres: PostgresDatabases
) -> None:
    url = postgres.new(migrated=False)
    found = figures_of(figures_file, "instances", *SHORT, "--database-url", url)
    [one] = found["groups"]
    assert one["alone"]["across_ms"] is None
    assert one["several"]["across_ms"] > 0
    assert one["several"]["deliveries_per_second"] > one["several"]["messages_per_second"] > 0


def test_deliveries_are_told_apart_by_the_senders_instance() -> None:
    room = SplitRoom(4, 2, turn=1)
    room.sent = {1: 1.0}
    for member, at in enumerate((1.5, 3.0, 2.0, 4.0)):
        room.advance(member, 1, at)
    assert [room.instance_of(member) for member in range(4)] == [1, 0, 1, 0]
    assert room.delays(0, 2, across=False) == [1.0]
    assert room.delays(0, 2, across=True) == [2.0, 3.0]
    assert room.delays(2, 3, across=True) == []


def turn(instances: int, server: float | None, *faults: str) -> Turn:
    across = 3.0 if instances > 1 else None
    return Turn(instances, 20, 10.0, 200.0, server, None, None, 1.0, across, 0.1, faults)


def test_the_ratio_is_of_the_medians_and_a_fault_of_any_turn_counts() -> None:
    turns = [turn(1, 10.0), turn(2, 11.0), turn(1, 20.0), turn(2, 19.0, "something was lost")]
    found = figures(turns, PLAN, 2, "postgresql")
    [one] = found["groups"]
    assert one["cpu_ratio"] == 1.0
    assert one["later_ms"] == 2.0
    assert not found["verified"]
    assert found["faults"] == ["something was lost"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--instances", "1"), "--instances"),
        (("--members", "2"), "--members"),
        (("--members", "20,many"), "--members"),
        (("--rate", "-1"), "--rate"),
        (("--rate", "0", "--window", "0"), "--window"),
        (("--groups", "0"), "--groups"),
        (("--rounds", "0"), "--rounds"),
        (("--database-url", "sqlite"), "--database-url"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "instances", *arguments)
