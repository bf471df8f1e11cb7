from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from app.schemas.common import Answer, ItemId, Moment, Name, Request, Text, UserId, is_none

SURROGATE = "\ud800"


class Order(Request):
    count: int


class Stamp(Answer):
    at: Moment


@pytest.mark.parametrize(
    "value",
    ["x", "张\N{IDEOGRAPHIC SPACE}三", "Zoë", "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
     "می\N{ZERO WIDTH NON-JOINER}خواهم", "a\N{NO-BREAK SPACE}b", " padded "],
)  # fmt: skip
def test_names_of_every_script_are_names(value: str) -> None:
    """And are kept as they came."""
    assert TypeAdapter[str](Name).validate_python(value) == value


@pytest.mark.parametrize(
    "value",
    ["", " ", "\t", "\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}", "a\nb", "a\rb", "a\x00",
     "a\x1b[31m", "a\x7f", SURROGATE, "a\x85b",
     "a\N{LINE SEPARATOR}b", "a\N{PARAGRAPH SEPARATOR}b"],
)  # fmt: skip
def test_what_breaks_a_line_or_cannot_be_seen_is_no_name(value: str) -> None:
    """Names end up in lists, logs and terminals."""
    with pytest.raises(ValidationError):
        TypeAdapter[str](Name).validate_python(value)


def test_text_is_what_databases_keep() -> None:
    """All but NUL and half a surrogate pair."""
    text = TypeAdapter[str](Text)
    assert text.validate_python("two\nlines\t\x1b") == "two\nlines\t\x1b"
    for value in ("a\x00", SURROGATE):
        with pytest.raises(ValidationError):
            text.validate_python(value)


@pytest.mark.parametrize(("kind", "longest"), [(UserId, 48), (ItemId, 64)])
def test_ids_stand_in_paths(kind: type[str], longest: int) -> None:
    """So they have no blanks, no control characters and none of / ? #."""
    adapter = TypeAdapter[str](kind)
    for value in ("x" * longest, "张三", "a.b-c_d@e:f"):
        assert adapter.validate_python(value) == value
    for value in ("", "x" * (longest + 1), "a b", "a/b", "a?b", "a#b", "a\tb", "a\x00", SURROGATE):
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


@pytest.mark.parametrize("data", [{"count": "1"}, {"count": 1.0}, {"count": True}, {}])
def test_requests_are_taken_at_their_word(data: dict[str, object]) -> None:
    """No text is a number, and no number another kind of number."""
    with pytest.raises(ValidationError):
        Order.model_validate(data)


def test_requests_have_no_unknown_fields() -> None:
    """A misspelt one must not pass for one left out."""
    assert Order.model_validate({"count": 1}).count == 1
    with pytest.raises(ValidationError):
        Order.model_validate({"count": 1, "cuont": 1})


def test_moments_leave_in_the_form_of_the_contract() -> None:
    """As JSON only; Python keeps the time itself."""
    stamp = Stamp(at=datetime(2026, 1, 31, 8, tzinfo=UTC))
    assert stamp.model_dump_json() == '{"at":"2026-01-31T08:00:00.000000Z"}'
    assert stamp.model_dump()["at"] is stamp.at


def test_only_none_is_left_out() -> None:
    """Not what is merely empty or zero."""
    assert is_none(None)
    assert not any(map(is_none, ("", 0, False, ())))
