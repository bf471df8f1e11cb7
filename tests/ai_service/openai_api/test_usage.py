from ai_service.engine import EngineRequest
from ai_service.openai_api.usage import usage
from ai_service.schemas import HistoryEntry


def test_words_and_chinese_characters_count() -> None:
    """Of all that was said, and of the reply."""
    history = [HistoryEntry(role="user", content="my tooth hurts")]
    asked = EngineRequest("你好 there", history, system="Be kind.")
    assert usage(asked, "您好！") == {
        "prompt_tokens": 8,
        "completion_tokens": 3,
        "total_tokens": 11,
    }
