from hypothesis import given
from hypothesis import strategies as st

from app.models.message import Message
from app.services.ai.conversation import bounded_history, history_item
from app.services.ai.records import HistoryItem


def message(role: str, text: str, kind: str = "TEXT") -> Message:
    return Message(user_role=role, msg_content=text, msg_type=kind)


def test_who_speaks_on_which_side() -> None:
    """Patients are users; the AI and doctors are assistants, doctors under a name."""
    assert history_item(message("PATIENT", "a")) == HistoryItem("user", "a")
    assert history_item(message("DOCTOR", "b")) == HistoryItem("assistant", "b", "doctor")
    assert history_item(message("AI_ASSISTANT", "c", "AI_REPLY")) == HistoryItem("assistant", "c")


@given(st.lists(st.text(max_size=30), max_size=20), st.integers(0, 200))
def test_history_is_the_longest_whole_end_that_fits(texts: list[str], limit: int) -> None:
    """Oldest first; one message more would be over the limit."""
    newest_first = [message("PATIENT", text) for text in ["", *texts]]
    kept = [item.content for item in bounded_history(newest_first, limit)][:-1]
    assert kept == texts[: len(kept)][::-1]
    assert sum(map(len, kept)) <= limit
    if len(kept) < len(texts):
        assert sum(map(len, texts[: len(kept) + 1])) > limit


def test_a_last_message_that_is_too_long_by_itself() -> None:
    """Its beginning is better than no history at all."""
    said = [message("AI_ASSISTANT", "x" * 50, "AI_REPLY"), message("PATIENT", "before")]
    assert bounded_history(said, 20) == [HistoryItem("assistant", "x" * 20)]
    assert bounded_history(said, 0) == []
