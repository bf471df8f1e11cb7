import asyncio

import pytest

from ai_service import AIService
from ai_service.options import OptionError


def test_it_replies_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a first try in a Python shell."""
    monkeypatch.delenv("AI_SERVICE_ENGINE", raising=False)
    assert "请问您哪里不舒服" in AIService().reply("你好")


def test_the_environment_names_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is then used again and again."""
    monkeypatch.setenv("AI_SERVICE_ENGINE", "echo")
    service = AIService()
    assert [service.reply(text) for text in ("a", "b")] == ["a", "b"]
    service.close()


async def test_it_works_inside_a_running_loop() -> None:
    """As in a notebook; other tasks wait meanwhile, since it is synchronous."""
    service = AIService({"AI_SERVICE_ENGINE": "echo"})
    assert service.reply("a") == "a"
    assert await asyncio.to_thread(service.reply, "b") == "b"
    service.close()


@pytest.mark.parametrize(
    ("environment", "refusal"),
    [
        ({"AI_SERVICE_ENGINE": "gpt"}, "--engine: 'gpt'"),
        ({"AI_SERVICE_ENGINE": "langchain"}, "--model: ''"),
    ],
)
def test_what_cannot_be_is_refused(environment: dict[str, str], refusal: str) -> None:
    """In the words of the command line."""
    with pytest.raises(OptionError, match=refusal):
        AIService(environment)
