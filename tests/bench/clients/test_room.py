import pytest

from bench.clients.order import Order
from bench.clients.room import Room


def test_a_message_is_whole_when_the_last_member_has_it() -> None:
    """Whatever the order in which the members get it."""
    room = Room(3)
    room.sent = {1: 0.5, 2: 1.0}
    room.advance(2, 2, 10.0)
    room.advance(0, 1, 11.0)
    assert not room.whole
    room.advance(1, 2, 12.0)
    assert list(room.whole) == [12.0]
    room.advance(0, 2, 13.0)
    assert list(room.whole) == [12.0, 13.0]
    assert room.latencies(0.0, 2.0) == [11.5, 12.0]
    assert room.latencies(1.0, 2.0) == [12.0]
    assert room.deliveries == 6
    assert room.complete(2)
    assert not room.complete(3)


def test_a_member_that_hears_nothing_new_changes_nothing() -> None:
    room = Room(2)
    room.advance(0, 0, 1.0)
    room.advance(0, 1, 2.0)
    room.advance(1, 1, 3.0)
    assert list(room.whole) == [3.0]


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        pytest.param([b"a", b"b", b"b"], "second time", id="doubled"),
        pytest.param([b"a", b"c"], "not what others saw", id="lost"),
        pytest.param([b"b", b"a"], "not what others saw", id="out of order"),
    ],
)
def test_an_order_that_differs_between_members_is_noticed(seen: list[bytes], says: str) -> None:
    order = Order(2)
    assert [order.fault(key, due) for due, key in enumerate([b"a", b"b"], 1)] == [None, None]
    faults = [order.fault(key, due) for due, key in enumerate(seen, 1)]
    assert says in next(fault for fault in faults if fault)
