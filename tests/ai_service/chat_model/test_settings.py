import pytest

from ai_service.chat_model.settings import ModelSettings


def test_only_what_was_given_is_passed_on() -> None:
    """The provider's defaults hold for the rest; nothing is ever retried."""
    assert ModelSettings("openai:m-1").arguments() == {
        "model": "openai:m-1",
        "max_retries": 0,
        "timeout": 25.0,
    }


def test_every_setting_has_its_argument() -> None:
    """By the names that all providers' classes know."""
    settings = ModelSettings("openai:m-1", "http://a/v1", "k", "s", 0.0, 7, 3.0)
    expected = {"base_url": "http://a/v1", "api_key": "k", "temperature": 0.0, "max_tokens": 7}
    assert expected.items() <= settings.arguments().items()


def test_a_key_of_the_environment_stays_with_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of one's own gets the key that was given for it, or none."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    arguments = ModelSettings("openai:m-1", base_url="http://a/v1").arguments()
    assert arguments["api_key"] == "none"


def test_the_key_is_not_shown() -> None:
    """Neither in a traceback nor in a log."""
    assert "secret" not in repr(ModelSettings("openai:m-1", api_key="secret"))
