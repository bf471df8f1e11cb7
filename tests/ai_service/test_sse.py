import json

import pytest

from ai_service.sse import accepts_events, event


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "text/*",
        "text/event-stream",
        "Text/Event-Stream",
        "application/json, text/event-stream",
        "application/json;q=0.9, text/event-stream;q=0.1",
        "text/event-stream; charset=utf-8",
    ],
)
def test_who_names_no_other_type_takes_events(accept: str | None) -> None:
    """As curl and most HTTP clients do."""
    assert accepts_events(accept)


@pytest.mark.parametrize(
    "accept", ["application/json", "text/event-stream;q=0", "text/event-stream; q=0.0, text/html"]
)
def test_who_names_other_types_alone_does_not(accept: str) -> None:
    """A weight of zero means never."""
    assert not accepts_events(accept)


def test_an_event_is_one_line() -> None:
    """A line break in a text would end it."""
    data = {"delta": "a\r\nb\n\n好"}
    line = event(data).decode()
    assert (line[:6], line[-2:], line.count("\n"), "\r" in line) == ("data: ", "\n\n", 2, False)
    assert json.loads(line.removeprefix("data: ")) == data
