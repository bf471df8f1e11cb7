"""The same seed gives the same run."""

from itertools import islice

import pytest

from tests.guarantees.faults import FAULTS
from tests.guarantees.plan import Plan
from tests.guarantees.scenarios import SCENARIOS


def drawn(plan: Plan) -> tuple[object, ...]:
    operations = [list(islice(plan.operations(user), 50)) for user in plan.talkers[:3]]
    return plan.members(), plan.faults(), operations, list(islice(plan.changes(), 20))


@pytest.mark.parametrize("name", SCENARIOS)
def test_same_seed_same_plan(name: str) -> None:
    """Members, faults, operations and changes; another seed gives others."""
    scenario = SCENARIOS[name]
    assert drawn(Plan(scenario, 7, 10)) == drawn(Plan(scenario, 7, 10))
    assert drawn(Plan(scenario, 7, 10)) != drawn(Plan(scenario, 8, 10))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_longer_run_begins_alike(name: str) -> None:
    """So that a failure of a long run may be looked for in a shorter one."""
    short, long = (Plan(SCENARIOS[name], 7, seconds).faults() for seconds in (5, 20))
    assert long[: len(short)] == short


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_fault_has_its_turn(name: str) -> None:
    """And each is one that there is."""
    scenario = SCENARIOS[name]
    planned = [fault.name for fault in Plan(scenario, 7, 60).faults()]
    assert set(planned) == set(scenario.faults) <= set(FAULTS)
