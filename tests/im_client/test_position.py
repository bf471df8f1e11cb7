import pytest

from im_client import MemberRemoved, Position, PositionLost
from im_client.position import Bookmark
from tests.im_client.made import connected, message


def test_a_position_survives_as_text() -> None:
    position = Position("e1", {"group_a": 118, "gruppe_ü": 0})

    assert Position.from_json(position.to_json()) == position


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"epoch":1,"groups":{}}', '{"epoch":"e","groups":{"a":-1}}', b"\xff"],
)
def test_what_is_no_position_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="this is no saved position"):
        Position.from_json(text)


def test_there_is_no_position_before_the_first_connection() -> None:
    assert Bookmark(None, "present").position is None


def test_a_program_without_position_is_at_the_present() -> None:
    bookmark = Bookmark(None, "present")
    bookmark.note(connected(a=5, b=0))

    assert bookmark.position == Position("e1", {"a": 5, "b": 0})


def test_a_program_that_wants_all_is_at_the_beginning() -> None:
    bookmark = Bookmark(None, "beginning")
    bookmark.note(connected(a=5))

    assert bookmark.position == Position("e1", {"a": 0})


def test_the_position_is_behind_the_last_message_taken() -> None:
    bookmark = Bookmark(Position("e1", {"a": 3}), "present")
    bookmark.note(connected(a=5))
    assert bookmark.position == Position("e1", {"a": 3})

    bookmark.note(message(4))
    bookmark.note(message(9, "joined_meanwhile"))

    assert bookmark.position == Position("e1", {"a": 4, "joined_meanwhile": 9})


def test_a_group_that_was_left_keeps_its_place() -> None:
    """Whoever comes back hears nothing twice."""
    bookmark = Bookmark(Position("e1", {"a": 3}), "present")
    bookmark.note(MemberRemoved(group_id="a", user_id="u"))
    bookmark.note(connected())

    assert bookmark.position == Position("e1", {"a": 3})


def test_another_database_makes_a_position_void() -> None:
    bookmark = Bookmark(Position("e1", {"a": 30, "gone": 2}), "present")
    bookmark.note(connected("e2", a=5))

    assert bookmark.position == Position("e2", {"a": 5})


def test_a_lost_position_is_replaced() -> None:
    bookmark = Bookmark(Position("e1", {"a": 30}), "present")
    bookmark.note(PositionLost("a", last_seq=20, resumes_at=21))

    assert bookmark.position == Position("e1", {"a": 20})


def test_a_position_once_read_does_not_move() -> None:
    bookmark = Bookmark(Position("e1", {"a": 3}), "present")
    before = bookmark.position
    bookmark.note(message(4))

    assert before == Position("e1", {"a": 3})
