from typing import Any

import pytest

from ai_service.openai_api.schemas import CompletionRequest


def body(*messages: dict[str, Any], **more: Any) -> CompletionRequest:
    last = {"role": "user", "content": "now"}
    return CompletionRequest.model_validate({"messages": [*messages, last], **more})


def test_system_messages_are_gathered() -> None:
    """Wherever they stand, and by both of their names."""
    system = {"role": "system", "content": "a"}
    developer = {"role": "developer", "content": [{"type": "text", "text": "b"}]}
    asked = body(system, {"role": "user", "content": "then"}, developer).question()
    assert (asked.system, asked.message) == ("a\n\nb", "now")
    assert [entry.content for entry in asked.history] == ["then"]


def test_an_assistant_may_have_said_nothing() -> None:
    """As where it called a tool."""
    assert body({"role": "assistant", "content": None}).question().history[0].content == ""


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({}, None),
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
        ({"max_tokens": None}, None),
    ],
)
def test_the_newer_name_of_the_length_wins(fields: dict[str, Any], tokens: int | None) -> None:
    """Both are in use."""
    assert body(**fields).question().max_tokens == tokens
