from ai_service.engines.echo import build
from tests.ai_service.support import reply_of


async def test_the_message_comes_back() -> None:
    """To the character."""
    text = " 5000 🙂 \n" * 500
    assert await reply_of(build(), text) == text
