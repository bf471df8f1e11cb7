import pytest

from ai_service.chat_model.messages import messages_of
from ai_service.engine import EngineRequest
from ai_service.schemas import HistoryEntry


def test_roles_and_order_are_kept() -> None:
    """A doctor's messages are the assistant's, named doctor."""
    history = [
        HistoryEntry(role="user", content="it hurts", name="user_1"),
        HistoryEntry(role="assistant", content="rest", name="doctor"),
        HistoryEntry(role="assistant", content="where?"),
    ]
    assert messages_of(EngineRequest("here", history), "Be kind.") == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "it hurts", "name": "user_1"},
        {"role": "assistant", "content": "rest", "name": "doctor"},
        {"role": "assistant", "content": "where?"},
        {"role": "user", "content": "here"},
    ]


@pytest.mark.parametrize(
    ("prompt", "system", "expected"),
    [("a", None, ["a"]), ("a", "b", ["a\n\nb"]), ("", "b", ["b"]), (" ", None, [])],
)
def test_system_prompts_become_one_message(
    prompt: str, system: str | None, expected: list[str]
) -> None:
    """Several would be refused by some providers, and an empty one too."""
    messages = messages_of(EngineRequest("q", system=system), prompt)
    assert [said["content"] for said in messages if said["role"] == "system"] == expected


@pytest.mark.parametrize("name", ["Ann Lee", "<b>", "a/b", "", "x" * 65])
def test_a_name_that_providers_refuse_is_left_out(name: str) -> None:
    """The message itself is what matters."""
    entry = HistoryEntry(role="user", content="a", name=name)
    assert messages_of(EngineRequest("q", [entry]), "")[0] == {"role": "user", "content": "a"}


def test_empty_messages_are_left_out() -> None:
    """Providers refuse them."""
    entry = HistoryEntry(role="assistant", content=" ")
    assert len(messages_of(EngineRequest("q", [entry]), "")) == 1
