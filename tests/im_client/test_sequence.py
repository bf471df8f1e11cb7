from datetime import UTC, datetime

import pytest

from im_client import Connected, GroupState, IMProtocolError, MessageSent
from im_client.sequence import Sequence

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def connected(epoch: str = "e1", **heads: int) -> Connected:
    groups = {g: GroupState(last_seq=head, user_role="PATIENT") for g, head in heads.items()}
    return Connected(user_id="u", connection_id="c", epoch=epoch, server_time=NOW, groups=groups)


def message(seq: int, group_id: str = "a") -> MessageSent:
    return MessageSent(
        message_id=f"m{seq}",
        group_id=group_id,
        seq=seq,
        from_user_id="u",
        msg_type="TEXT",
        content="x",
        created_at=NOW,
    )


def test_the_first_connection_starts_at_the_present() -> None:
    sequence = Sequence()

    assert sequence.welcome(connected(a=5)) == {}
    assert not sequence.apply(message(5))
    assert sequence.apply(message(6))


def test_a_return_names_what_is_behind() -> None:
    sequence = Sequence()
    sequence.welcome(connected(a=5, b=1))
    sequence.apply(message(6))

    assert sequence.welcome(connected(a=9, b=1)) == {"a": 9}
    assert sequence.last("a") == 6


def test_a_group_joined_while_away_is_behind_from_its_beginning() -> None:
    sequence = Sequence()
    sequence.welcome(connected())

    assert sequence.welcome(connected(a=2)) == {"a": 2}
    assert sequence.last("a") == 0


def test_another_database_makes_known_numbers_void() -> None:
    sequence = Sequence()
    sequence.welcome(connected("e1", a=100))

    assert sequence.welcome(connected("e2", a=3)) == {}
    assert sequence.apply(message(4))


def test_nothing_is_applied_twice() -> None:
    sequence = Sequence()
    sequence.welcome(connected(a=0))

    assert [sequence.apply(message(seq)) for seq in (1, 2, 2, 1, 3)] == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_a_gap_is_never_passed_over() -> None:
    sequence = Sequence()
    sequence.welcome(connected(a=1))

    assert sequence.behind("a", 2)
    with pytest.raises(IMProtocolError, match="seq 3 follows 1"):
        sequence.apply(message(3))


def test_a_group_joined_while_connected_starts_where_its_first_message_stands() -> None:
    sequence = Sequence()
    sequence.welcome(connected())

    assert not sequence.behind("a", 40)
    assert sequence.apply(message(41))
    assert not sequence.apply(message(41))


def test_a_group_left_and_joined_again_starts_anew() -> None:
    sequence = Sequence()
    sequence.welcome(connected(a=1))

    sequence.forget("a")

    assert sequence.apply(message(9))


def test_a_group_gone_while_away_is_forgotten() -> None:
    sequence = Sequence()
    sequence.welcome(connected(a=1))
    sequence.welcome(connected())

    assert not sequence.behind("a", 7)
