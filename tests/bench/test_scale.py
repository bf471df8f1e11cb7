"""`im bench scale`: arithmetic on measured costs."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.scale import Costs, Habits, Machines, need, reach
from tests.bench.running import assert_refused, figures_of

PAIRS = Habits(sizes=((2, 1.0),), online=1.0, ai=0.0, messages_an_hour=3600, peak=1)


def test_each_step_is_told_with_its_fullest_part(figures_file: Path) -> None:
    found = figures_of(figures_file, "scale", "--users", "1000,100000")
    small, large = found["steps"]
    assert large["messages"] == pytest.approx(100 * small["messages"])
    assert large["instances"] > small["instances"]
    assert {small["first"], large["first"]} <= {"database", "Redis"}


def test_members_at_one_instance_are_heard_by_no_other() -> None:
    assert reach(PAIRS, 1).others == 0
    assert reach(replace(PAIRS, spread=0.0), 100).others == 0
    assert reach(PAIRS, 2).members == 2
    assert reach(PAIRS, 2).others == pytest.approx(0.5, abs=0.05)


def test_work_is_what_each_message_costs() -> None:
    """1,000 users with a message each second, at the costs of one core."""
    costs = Costs(message=500, delivery=50, bus=0, database_message=1200)
    found = need(1000, PAIRS, costs, Machines(busy=0.5, database_cores=4))
    assert found.messages == 1000
    assert found.deliveries == 2000
    assert found.instances == 2
    assert found.databases == pytest.approx(0.6)
    assert found.workers == 0


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--users", "0"), "--users"),
        (("--users", "many"), "--users"),
        (("--groups", "3"), "--groups"),
        (("--groups", "3:2"), "--groups"),
        (("--spread", "1.5"), "--spread"),
        (("--ai", "nan"), "--ai"),
        (("--peak", "0"), "--peak"),
        (("--message-us", "0"), "--message-us"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "scale", *arguments)
