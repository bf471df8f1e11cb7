from ai_service.engine import LoadProfile
from ai_service.engines.echo import build
from ai_service.schemas import ChatRequest


async def test_the_message_comes_back() -> None:
    """To the character."""
    text = " 5000 🙂 \n" * 500
    assert await build(LoadProfile()).reply(ChatRequest(message=text)) == text
