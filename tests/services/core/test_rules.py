from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import AppError, ContentEmpty, ContentTooLong, InvalidParameter
from app.services.core.records import SendCommand
from app.services.core.rules import check_send, check_user_id, is_id


def command(**fields: Any) -> SendCommand:
    return SendCommand(**{"group_id": "group_1", "from_user_id": "pat", "content": "x"} | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"content": "x" * 5000},
        {"content": "👩‍⚕️" * 1250},
        {"content": " . "},
        {"content": "line\nline\ttab"},
        {"content": "https://example.org/a.png", "msg_type": "IMAGE"},
        {"client_msg_id": "x" * 64},
        {"client_msg_id": "消息 1"},
        {"reply_to_message_id": "msg_1"},
    ],
)
def test_allowed(fields: dict[str, Any]) -> None:
    """What the contract allows passes."""
    check_send(command(**fields))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"content": ""}, ContentEmpty),
        ({"content": " \n\t\u3000"}, ContentEmpty),
        ({"content": "x" * 5001}, ContentTooLong),
        ({"content": " " * 5001}, ContentEmpty),
        ({"content": "a\x00b"}, InvalidParameter),
        ({"content": "\ud83d"}, InvalidParameter),
        ({"content": "no address", "msg_type": "IMAGE"}, InvalidParameter),
        ({"content": "javascript:alert(1)", "msg_type": "IMAGE"}, InvalidParameter),
        ({"content": "https://", "msg_type": "IMAGE"}, InvalidParameter),
        ({"client_msg_id": ""}, InvalidParameter),
        ({"client_msg_id": "x" * 65}, InvalidParameter),
        ({"client_msg_id": "a\nb"}, InvalidParameter),
        ({"client_msg_id": "\ud83d"}, InvalidParameter),
        ({"reply_to_message_id": ""}, InvalidParameter),
        ({"group_id": "a\x00b"}, InvalidParameter),
        ({"group_id": ""}, InvalidParameter),
        ({"group_id": "x" * 65}, InvalidParameter),
    ],
)
def test_refused(fields: dict[str, Any], error: type[AppError]) -> None:
    """What it does not has its number."""
    with pytest.raises(error):
        check_send(command(**fields))


@pytest.mark.parametrize("user_id", ["pat", "用户", "a.b-c_d@e", "x" * 48, "ａ"])
def test_user_id(user_id: str) -> None:
    """Stands in paths and headers, and may be of any script."""
    check_user_id("user_id", user_id)


@pytest.mark.parametrize(
    "user_id", ["", "x" * 49, "a b", "a/b", "a?b", "a#b", "a\nb", "a\x00", "\u3000", "\u200b"]
)
def test_no_user_id(user_id: str) -> None:
    """Blanks, control characters and what divides an address are refused, by the field's name."""
    with pytest.raises(InvalidParameter) as refused:
        check_user_id("sub", user_id)
    assert refused.value.details == {"field": "sub"}


@settings(deadline=None)
@given(st.text(max_size=70))
def test_ids_can_be_stored(text: str) -> None:
    """Whatever passes as an id fits the column and can be written as UTF-8."""
    if is_id(text):
        assert 1 <= len(text) <= 64
        assert "\x00" not in text
        assert text.encode().decode() == text
