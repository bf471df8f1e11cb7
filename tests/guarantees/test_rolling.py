"""`make rolling`, as short as it can be."""

import pytest

from app.up import nginx
from app.up.folder import DataFolder
from app.up.picture import Picture
from app.up.plan import Plan
from app.up.ports import free_port
from tests.guarantees.rolling import Outcome, roll
from tests.guarantees.rolling_crowd import Ledger
from tests.support.open_folder import open_folder
from tests.support.processes import UNTRACED


def outcome(stored: list[tuple[str, str, str, int]], **acknowledged: str) -> Outcome:
    ledger = Ledger(acknowledged=acknowledged)
    ledger.heard["ann", "g"] = [1, 2]
    return Outcome(1, {0}, ledger, stored, {"g": ["ann"]})


WHOLE = [("a", "m1", "g", 1), ("b", "m2", "g", 2)]


def test_what_is_counted() -> None:
    """A whole run has no fault; each kind of loss is one."""
    assert outcome(WHOLE, a="m1", b="m2").faults() == []
    assert outcome(WHOLE, a="m1", b="m2", c="m3").faults() == ["lost: c"]
    assert outcome(WHOLE, a="m1", b="m9").faults() == ["another id: b"]
    twice = [*WHOLE, ("b", "m3", "g", 3)]
    assert outcome(twice, a="m1", b="m3").faults()[0] == "twice: b"
    assert outcome([*WHOLE, ("c", "m4", "g", 4)]).faults()[0] == "g is numbered [1, 2, 4]"
    deaf = outcome(WHOLE)
    deaf.ledger.heard["ann", "g"] = [2]
    assert deaf.faults() == ["ann heard 1 of 2, missing [1]"]


@pytest.mark.skipif(
    nginx.program() is None, reason="nginx is not installed (apt-get install nginx)"
)
async def test_one_restart_of_each_loses_nothing() -> None:
    """Every message that was acknowledged is there once, every send has an answer, everybody has
    heard everything."""
    with open_folder() as folder:
        plan = Plan(workers=0, port=free_port(), env=UNTRACED)
        with Picture(DataFolder(folder), plan) as picture:
            picture.start()
            found = await roll(picture, rounds=1, people=8, say=lambda _: None)
    assert found.faults() == []
    assert found.ledger.acknowledged
