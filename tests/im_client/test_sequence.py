import pytest

from im_client import EpochChanged, IMProtocolError, Position
from im_client.events import Sequenced
from im_client.sequence import Sequence
from tests.im_client.made import connected, message


def started(**heads: int) -> Sequence:
    sequence = Sequence()
    sequence.welcome(connected("e1", **heads))
    return sequence


def released(sequence: Sequence) -> list[int]:
    found: list[Sequenced] = []
    while (event := sequence.release("a")) is not None:
        found.append(event)
    return [event.seq for event in found]


def test_the_first_connection_starts_at_the_present() -> None:
    sequence = started(a=5)

    assert sequence.behind() == {}
    assert not sequence.offer(message(5))
    assert sequence.offer(message(6))


def test_the_first_connection_can_start_at_the_beginning() -> None:
    sequence = Sequence(start="beginning")
    sequence.welcome(connected(a=5, empty=0))

    assert sequence.behind() == {"a": 0}


def test_a_saved_position_is_where_it_goes_on() -> None:
    sequence = Sequence(Position("e1", {"a": 3, "b": 1, "left": 9}))

    assert sequence.welcome(connected(a=5, b=1)) is None
    assert sequence.behind() == {"a": 3}


def test_a_return_names_what_is_behind() -> None:
    sequence = started(a=5, b=1)
    sequence.offer(message(6))
    sequence.welcome(connected(a=9, b=1))

    assert sequence.behind() == {"a": 6}


def test_a_group_joined_while_away_is_behind_from_its_beginning() -> None:
    sequence = started()
    sequence.welcome(connected(a=2))

    assert sequence.behind() == {"a": 0}


def test_another_database_makes_known_numbers_void() -> None:
    sequence = started(a=100)

    assert sequence.welcome(connected("e2", a=3)) == EpochChanged("e1", "e2")
    assert sequence.behind() == {}
    assert sequence.offer(message(4))


def test_nothing_is_applied_twice() -> None:
    sequence = started(a=0)

    assert [sequence.offer(message(seq)) for seq in (1, 2, 2, 1, 3)] == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_a_message_after_a_gap_waits_until_the_gap_is_filled() -> None:
    sequence = started(a=1)

    assert not sequence.offer(message(4))
    assert not sequence.offer(message(5))
    assert sequence.behind() == {"a": 1}
    assert released(sequence) == []
    assert sequence.apply(message(2))
    assert sequence.apply(message(3))
    assert released(sequence) == [4, 5]
    assert sequence.behind() == {}


def test_what_was_recovered_is_not_taken_from_the_waiting_again() -> None:
    sequence = started(a=1)
    sequence.offer(message(3))

    for seq in (2, 3, 4):
        assert sequence.apply(message(seq))
    assert not sequence.apply(message(4))
    assert released(sequence) == []


def test_a_recovery_with_a_gap_is_a_breach_of_the_protocol() -> None:
    sequence = started(a=1)

    with pytest.raises(IMProtocolError, match="seq 3 follows 1"):
        sequence.apply(message(3))


def test_without_room_a_message_waits() -> None:
    sequence = started(a=0)

    assert not sequence.offer(message(1), room=False)
    assert not sequence.offer(message(2))
    assert released(sequence) == [1, 2]


def test_more_than_can_wait_is_fetched_again() -> None:
    sequence = started(a=0)
    for seq in range(2, 1000):
        sequence.offer(message(seq))
    sequence.apply(message(1))

    told = released(sequence)

    assert told == list(range(2, 2 + len(told)))
    assert sequence.behind() == {"a": told[-1]}


def test_a_group_joined_while_connected_starts_where_its_first_message_stands() -> None:
    sequence = started()

    assert sequence.offer(message(41))
    assert not sequence.offer(message(41))
    assert sequence.behind() == {}


def test_a_group_left_and_joined_again_while_connected_starts_anew() -> None:
    sequence = started(a=1)
    sequence.forget("a")

    assert sequence.offer(message(9))


def test_a_group_left_and_joined_again_while_away_goes_on() -> None:
    """Nobody hears again what came before the leaving."""
    sequence = started(a=1)
    sequence.forget("a")
    sequence.welcome(connected())
    sequence.welcome(connected(a=5))

    assert sequence.behind() == {"a": 1}


def test_what_arrives_for_a_group_that_was_left_is_not_applied() -> None:
    sequence = started(a=1)
    sequence.forget("a")

    assert not sequence.apply(message(2))
    assert sequence.settle("a", 2) is None


def test_a_head_below_the_position_is_looked_into() -> None:
    """It may be an old head, and then the position holds."""
    sequence = Sequence(Position("e1", {"a": 118}))
    sequence.welcome(connected(a=100))
    assert sequence.behind() == {"a": 118}

    assert sequence.settle("a", 118) is None
    assert sequence.behind() == {}


@pytest.mark.parametrize(("start", "resumes_at"), [("present", 101), ("beginning", 1)])
def test_a_group_that_lost_messages_starts_anew(start: str, resumes_at: int) -> None:
    sequence = Sequence(Position("e1", {"a": 118}), start)  # type: ignore[arg-type]
    sequence.welcome(connected(a=100))

    lost = sequence.settle("a", 100)

    assert lost is not None
    assert (lost.last_seq, lost.resumes_at) == (100, resumes_at)
    assert sequence.last("a") == resumes_at - 1
