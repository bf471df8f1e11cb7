import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import GroupNotFound
from app.websocket import frames

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = ["type", "content", "group_id", "client_msg_id", "msg_type", "token", "x"]
TYPES = st.sampled_from(["send_message", "ping", "auth", "sync"])


@settings(deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    """Whatever comes in, decoding ends in a frame or in a DecodeError."""
    with pytest.raises(msgspec.DecodeError):
        frames.decode(text)
    frames.ids_in(text)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING | TYPES))
def test_any_object(fields: dict[str, object]) -> None:
    """Whatever object comes in is a frame or refused as JSON of the wrong form, and its refusal
    can be told."""
    text = json.dumps(fields)
    try:
        frames.decode(text)
    except msgspec.ValidationError:
        pass
    except msgspec.DecodeError:
        assert "NaN" in text or "Infinity" in text
    refusal = frames.encode(frames.error_frame(GroupNotFound(), *frames.ids_in(text)))
    assert json.loads(refusal)["number"] == 3001


def test_send_message() -> None:
    """Every field arrives under its name; what is left out is None or the default."""
    text = '{"type":"send_message","group_id":"g","content":"x","client_msg_id":"c"}'
    assert frames.decode(text) == frames.SendMessage(content="x", group_id="g", client_msg_id="c")


def test_optional_fields_are_left_out() -> None:
    """An error without a message behind it has no ids, rather than null."""
    frame = json.loads(frames.encode(frames.error_frame(GroupNotFound())))
    assert set(frame) == {"type", "code", "number", "message", "retryable"}


@pytest.mark.parametrize("text", ['{"type":"ping"', "NaN", '{"a":Infinity}', "{'a':1}"])
def test_no_json(text: str) -> None:
    """Is told apart from JSON of the wrong form."""
    with pytest.raises(msgspec.DecodeError) as error:
        frames.decode(text)
    assert not isinstance(error.value, msgspec.ValidationError)
