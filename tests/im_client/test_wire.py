import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from im_client import (
    AiModeChanged,
    AiReply,
    AiReplyDelta,
    AiReplyFailed,
    AiReplyReset,
    AiReplySnapshot,
    AiReplyStart,
    Connected,
    ErrorFrame,
    GroupState,
    IMProtocolError,
    MemberAdded,
    MemberRemoved,
    Message,
    MessageSent,
    Pong,
    UnknownEvent,
)
from im_client.wire import GroupResult, SyncResult, decode, from_history

T0 = "2026-01-02T03:04:05.678901Z"
STREAM = {"stream_id": "s", "group_id": "g"}
STORED = {"message_id": "m1", "group_id": "g", "seq": 7, "from_user_id": "u", "created_at": T0}
FRAMES: list[tuple[type, dict[str, Any]]] = [
    (MessageSent, STORED | {"type": "message_sent", "msg_type": "TEXT", "content": "hi"}),
    (AiReply, STORED | {"type": "ai_reply", "content": "hi", "user_message_id": "m0"}),
    (
        AiReplyFailed,
        {
            "type": "ai_reply_failed",
            "group_id": "g",
            "user_message_id": "m0",
            "record_id": "r",
            "code": "AI_SERVICE_TIMEOUT",
            "number": 4002,
            "message": "late",
        },
    ),
    (AiReplyStart, STREAM | {"type": "ai_reply_start", "user_message_id": "m0"}),
    (AiReplyDelta, STREAM | {"type": "ai_reply_delta", "n": 0, "offset": 0, "text": "h"}),
    (AiReplyReset, STREAM | {"type": "ai_reply_reset"}),
    (
        AiReplySnapshot,
        STREAM | {"type": "ai_reply_snapshot", "user_message_id": "m0", "n": 3, "text": "hi"},
    ),
    (
        AiModeChanged,
        {"type": "ai_mode_changed", "group_id": "g", "ai_mode": "off", "by_user_id": "d"},
    ),
    (
        MemberAdded,
        {"type": "member_added", "group_id": "g", "user_id": "u", "user_role": "PATIENT"},
    ),
    (MemberRemoved, {"type": "member_removed", "group_id": "g", "user_id": "u"}),
    (ErrorFrame, {"type": "error", "code": "CONTENT_EMPTY", "number": 1001, "message": "empty"}),
    (Pong, {"type": "pong"}),
]


@pytest.mark.parametrize(("kind", "fields"), FRAMES)
def test_each_type_has_its_class_and_ignores_new_fields(kind: type, fields: dict[str, Any]) -> None:
    event = decode(json.dumps(fields | {"of_a_newer_server": [1]}))

    assert type(event) is kind
    for name, value in fields.items():
        if name not in {"type", "created_at"}:
            assert getattr(event, name) == value


def test_connected_tells_the_head_of_each_group() -> None:
    event = decode(
        json.dumps(
            {
                "type": "connected",
                "user_id": "u",
                "connection_id": "c",
                "epoch": "e",
                "server_time": T0,
                "heartbeat_s": 25,
                "max_frame_bytes": 65536,
                "groups": {"g": {"last_seq": 120, "user_role": "PATIENT", "ai_mode": "auto"}},
            }
        )
    )

    assert isinstance(event, Connected)
    assert event.groups == {"g": GroupState(last_seq=120, user_role="PATIENT")}


def test_a_sync_result_holds_the_frames_that_were_missed() -> None:
    """Where a group is not recovered there are none."""
    groups = {
        "g": {"recovered": True, "last_seq": 7, "messages": [FRAMES[0][1]]},
        "h": {"recovered": False, "last_seq": 900},
    }
    event = decode(json.dumps({"type": "sync_result", "epoch": "e", "groups": groups}))

    assert isinstance(event, SyncResult)
    assert [message.seq for message in event.groups["g"].messages] == [7]
    assert event.groups["h"] == GroupResult(recovered=False, last_seq=900)


def test_times_are_aware_to_the_microsecond() -> None:
    event = decode(json.dumps(FRAMES[0][1]))

    assert isinstance(event, MessageSent)
    assert event.created_at == datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)


def test_events_cannot_be_changed() -> None:
    event = decode(json.dumps(FRAMES[0][1]))

    with pytest.raises(AttributeError):
        event.seq = 8  # type: ignore[union-attr, misc]


def test_an_unknown_type_is_kept_as_it_came() -> None:
    raw = {"type": "of_a_newer_server", "x": {"y": 1}}

    assert decode(json.dumps(raw)) == UnknownEvent(raw)


@pytest.mark.parametrize("raw", ["", "[]", "{}", '{"type":1}', '{"type":"message_sent"}', "{"])
def test_what_is_no_frame_is_a_breach_of_the_protocol(raw: str) -> None:
    with pytest.raises(IMProtocolError, match="unreadable frame"):
        decode(raw)


def _message(**fields: Any) -> Message:
    return msgspec.convert(
        STORED | {"msg_type": "TEXT", "msg_content": "hi", "client_msg_id": "c"} | fields, Message
    )


def test_a_stored_message_becomes_the_frame_it_was() -> None:
    live = decode(json.dumps(FRAMES[0][1]))

    assert from_history(_message(), "somebody_else") == live


def test_only_the_sender_sees_the_client_msg_id() -> None:
    event = from_history(_message(), "u")

    assert isinstance(event, MessageSent)
    assert event.client_msg_id == "c"


def test_a_stored_reply_becomes_the_frame_it_was() -> None:
    live = decode(json.dumps(FRAMES[1][1] | {"finish_reason": "length"}))
    message = _message(msg_type="AI_REPLY", reply_to_message_id="m0", finish_reason="length")

    assert from_history(message, "u") == live
