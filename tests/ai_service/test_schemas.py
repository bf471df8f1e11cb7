import pytest
from pydantic import ValidationError

from ai_service.schemas import ChatRequest, HistoryEntry


def test_the_history_may_be_left_out() -> None:
    """A first try with curl needs the message alone."""
    request = ChatRequest.model_validate({"message": "a"})
    assert (request.history, request.stream, request.group_id) == ([], False, None)


def test_half_a_surrogate_pair_is_refused() -> None:
    """It could not be sent back, as it has no UTF-8 form."""
    with pytest.raises(ValidationError, match="must be valid Unicode text"):
        ChatRequest(message="a", history=[HistoryEntry(role="user", content="é\udc00")])
