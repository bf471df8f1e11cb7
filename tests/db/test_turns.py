from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from app.db.turns import Turns


@pytest.fixture
def posted() -> list[object]:
    return []


def test_in_the_order_of_turns(posted: list[object]) -> None:
    """What is over early waits for the turns before it."""
    turns = Turns()
    first, second, third = ExitStack(), ExitStack(), ExitStack()
    first.enter_context(turns.commit(posted.extend, ["a", "b"]))
    second.enter_context(turns.commit(posted.extend, ["c"]))
    third.enter_context(turns.commit(posted.extend, ["d"]))
    third.close()
    second.close()
    assert posted == []
    first.close()
    assert posted == ["a", "b", "c", "d"]


def test_failed_commit(posted: list[object]) -> None:
    """Posts nothing, lets its error through, and keeps nobody waiting."""
    turns = Turns()
    failing = ExitStack()
    failing.enter_context(turns.commit(posted.extend, ["a"]))
    with turns.commit(posted.extend, ["b"]):
        pass
    with pytest.raises(ZeroDivisionError), failing:
        raise ZeroDivisionError
    assert posted == ["b"]


def test_commit_without_events() -> None:
    """Takes no turn, so it neither waits nor is waited for."""
    turns = Turns()
    posted: list[Sequence[object]] = []
    with turns.commit(posted.append, []), turns.commit(posted.append, ["a"]):
        pass
    assert posted == [["a"]]
