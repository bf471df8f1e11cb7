from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from app.schemas.message import MessageCreate, MessageResponse
from app.services.core.records import MessageRecord

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
STORED: dict[str, Any] = {
    "id": 1, "message_id": "msg_1", "group_id": "group_1", "seq": 1, "from_user_id": "pat",
    "user_role": "PATIENT", "msg_type": "TEXT", "msg_content": "x", "client_msg_id": None,
    "reply_to_message_id": None, "finish_reason": None, "created_at": NOW, "updated_at": NOW,
}  # fmt: skip


def answer(**changes: Any) -> dict[str, Any]:
    record = MessageRecord(**(STORED | changes))
    return MessageResponse.of(record).model_dump(mode="json")


def test_only_what_there_is_to_tell_is_told() -> None:
    """A plain message of a group has none of the optional fields."""
    assert set(answer()) == set(STORED) - {"reply_to_message_id", "finish_reason"}


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"group_id": "session_pat"}, "session_id", "pat"),
        ({"reply_to_message_id": "msg_0"}, "reply_to_message_id", "msg_0"),
        ({"finish_reason": "complete"}, "finish_reason", "complete"),
        ({"duplicate": True}, "duplicate", True),
    ],
)
def test_optional_fields_are_there_where_they_say_something(
    changes: dict[str, Any], field: str, value: object
) -> None:
    """Each by itself."""
    found = answer(**changes)
    assert found[field] == value
    assert set(found) == set(answer()) | {field}


def test_v1_scripts_make_a_message_of_two_fields() -> None:
    """As the first seeds' own script does: content and session_id."""
    message = MessageCreate(content="测试消息", session_id="test_user")
    assert (message.session_id, message.group_id, message.msg_type) == ("test_user", None, "TEXT")
    with pytest.raises(ValidationError):
        MessageCreate(content="x", session_id="a b")
