import pytest

from bench.clients.view import View


def view(*, live_before: tuple[int, ...] = (), result: tuple[int, ...], last_seq: int) -> View:
    """Of a client that knew 2 messages."""
    found = View(2)
    for seq in live_before:
        found.live(seq)
    found.result(result, last_seq)
    return found


def test_what_was_missed_comes_back() -> None:
    found = view(result=(3, 4, 5), last_seq=5)
    found.live(6)
    assert found.whole_at(6) == []


def test_what_came_live_before_the_result_is_applied_once() -> None:
    """Some of it the result has too; some is later than the result."""
    assert view(live_before=(5, 6), result=(3, 4, 5), last_seq=5).whole_at(6) == []


@pytest.mark.parametrize(
    ("found", "says"),
    [
        pytest.param(view(result=(3, 5), last_seq=5), "lost", id="lost"),
        pytest.param(view(result=(3, 4, 4, 5), last_seq=5), "doubled", id="doubled"),
        pytest.param(view(result=(2, 3, 4, 5), last_seq=5), "doubled", id="known already"),
        pytest.param(view(result=(4, 3, 5), last_seq=5), "out of order", id="out of order"),
        pytest.param(view(result=(3, 4), last_seq=5), "ends at 4", id="cut off"),
        pytest.param(view(result=(3,), last_seq=3), "knows 3 messages of 5", id="too few"),
        pytest.param(
            view(live_before=(5, 7), result=(3, 4, 5, 6, 7), last_seq=7), "lost", id="live hole"
        ),
    ],
)
def test_a_recovery_that_is_not_whole_is_noticed(found: View, says: str) -> None:
    assert any(says in fault for fault in found.whole_at(5))


def test_a_live_message_that_the_result_had_is_noticed() -> None:
    found = view(result=(3, 4), last_seq=4)
    found.live(4)
    assert "doubled" in found.whole_at(4)[0]


def test_no_result_is_not_whole() -> None:
    assert View(5).whole_at(5) == ["no result came"]
    refused = View(5)
    refused.refused()
    assert "nothing was recovered" in refused.whole_at(5)
