import json
from typing import Any

import msgspec
import pytest

from app.bus.frames import Frame, GroupFrame, MemberFrame, UserFrame
from app.bus.local import LocalBus
from app.services.core.events import MemberAdded, MemberRemoved, MessageSent
from app.services.core.records import MessageRecord
from app.utils.clock import utc_now
from app.websocket.publisher import Publisher, group_frame


def message(**fields: Any) -> MessageRecord:
    now = utc_now()
    stored: dict[str, Any] = {
        "id": 1, "message_id": "msg_1", "group_id": "group_1", "seq": 4, "from_user_id": "pat",
        "user_role": "PATIENT", "msg_type": "TEXT", "msg_content": "Hallo", "client_msg_id": None,
        "reply_to_message_id": None, "finish_reason": None, "created_at": now, "updated_at": now,
    }  # fmt: skip
    return MessageRecord(**stored | fields)


@pytest.fixture
def published() -> list[Frame]:
    return []


@pytest.fixture
def publisher(published: list[Frame]) -> Publisher:
    bus = LocalBus()

    def receive(frame: Frame) -> int:
        published.append(frame)
        return 3

    bus.subscribe(receive)
    return Publisher(bus)


def test_message_without_client_msg_id() -> None:
    """One text serves all."""
    frame = group_frame(message())
    assert frame.sender_payload is None
    assert frame.sender_id is None


@pytest.mark.parametrize("own_id", ["c-1", '"}],\\', "消息 👋"])
def test_client_msg_id_is_its_senders_alone(own_id: str) -> None:
    """The sender's connections get a text of their own, which differs in nothing else."""
    frame = group_frame(message(client_msg_id=own_id))
    assert frame.sender_id == "pat"
    assert frame.sender_payload is not None
    own, shared = json.loads(frame.sender_payload), json.loads(frame.payload)
    assert own.pop("client_msg_id") == own_id
    assert own == shared


def test_message_sent(publisher: Publisher, published: list[Frame]) -> None:
    """A stored message goes to its group, numbered, in the shape of the contract."""
    record = message()
    publisher.message_sent(MessageSent(record))
    (frame,) = published
    assert isinstance(frame, GroupFrame)
    assert (frame.group_id, frame.seq) == ("group_1", 4)
    assert set(json.loads(frame.payload)) == {
        "type", "message_id", "group_id", "seq", "from_user_id", "user_role", "msg_type",
        "content", "created_at",
    }  # fmt: skip


def test_session_message(publisher: Publisher, published: list[Frame]) -> None:
    """In a v1 session the frame names the session too."""
    publisher.message_sent(MessageSent(message(group_id="session_pat")))
    (frame,) = published
    assert isinstance(frame, GroupFrame)
    assert json.loads(frame.payload)["session_id"] == "pat"


def test_ai_reply(publisher: Publisher, published: list[Frame]) -> None:
    """The AI's message is an `ai_reply` with the question it answers."""
    record = message(
        msg_type="AI_REPLY",
        from_user_id="ai_assistant_001",
        reply_to_message_id="msg_0",
        finish_reason="complete",
    )
    publisher.message_sent(MessageSent(record))
    (told,) = published
    assert isinstance(told, GroupFrame)
    frame = json.loads(told.payload)
    created_at = frame.pop("created_at")
    assert created_at.endswith("Z")
    assert frame == {
        "type": "ai_reply", "message_id": "msg_1", "group_id": "group_1", "seq": 4,
        "from_user_id": "ai_assistant_001", "content": "Hallo", "user_message_id": "msg_0",
        "finish_reason": "complete", "stream_id": "stream_0",
    }  # fmt: skip


def test_members(publisher: Publisher, published: list[Frame]) -> None:
    """A change of members names the group, the user and the role."""
    publisher.member_added(MemberAdded("group_1", "pat", "PATIENT", 7, "auto", 3))
    publisher.member_removed(MemberRemoved("group_1", "pat", "PATIENT", 4))
    added, removed = published
    assert isinstance(added, MemberFrame)
    assert isinstance(removed, MemberFrame)
    assert (added.joined, added.last_seq, removed.joined) == (True, 7, False)
    body = {"group_id": "group_1", "user_id": "pat", "user_role": "PATIENT"}
    assert json.loads(added.payload) == {"type": "member_added", **body}
    assert json.loads(removed.payload) == {"type": "member_removed", **body}


def test_ephemeral_frames(publisher: Publisher, published: list[Frame]) -> None:
    """Frames of layers above go out as they are, without a number; the count comes back."""
    assert publisher.to_group("group_1", {"type": "x"}, "pat") == 3
    assert publisher.to_user("pat", {"type": "y"}) == 3
    assert published == [
        GroupFrame(group_id="group_1", payload=b'{"type":"x"}', excluded="pat"),
        UserFrame(user_id="pat", payload=b'{"type":"y"}'),
    ]


def test_text_is_not_escaped() -> None:
    """Chinese and emoji travel as themselves."""
    frame = group_frame(message(msg_content="你好 👋"))
    assert "你好 👋" in frame.payload.decode()
    assert msgspec.json.decode(frame.payload)["content"] == "你好 👋"
