import pytest

from ai_service.chat_model.options import model_settings
from ai_service.chat_model.settings import ModelSettings
from ai_service.options import OptionError

MODEL = {"LANGCHAIN_MODEL": "openai:m-1"}


def test_the_model_alone_suffices() -> None:
    """Blank variables, as an .env file leaves them, count as not given."""
    blank = {"LANGCHAIN_BASE_URL": "", "LANGCHAIN_MODEL_API_KEY": " ", "LANGCHAIN_TIMEOUT": None}
    assert model_settings({**MODEL, **blank}) == ModelSettings("openai:m-1")


def test_every_variable_is_read() -> None:
    """From text to values."""
    texts = {
        **MODEL,
        "LANGCHAIN_BASE_URL": "http://127.0.0.1:11434/v1",
        "LANGCHAIN_MODEL_API_KEY": "k",
        "LANGCHAIN_SYSTEM_PROMPT": "Be kind.",
        "LANGCHAIN_TEMPERATURE": "0",
        "LANGCHAIN_MAX_TOKENS": "300",
        "LANGCHAIN_TIMEOUT": "1500ms",
    }
    url = "http://127.0.0.1:11434/v1"
    expected = ModelSettings("openai:m-1", url, "k", "Be kind.", 0.0, 300, 1.5)
    assert model_settings(texts) == expected


@pytest.mark.parametrize(
    ("texts", "refusal"),
    [
        ({"LANGCHAIN_MODEL": ""}, "--model: '' .* PROVIDER:NAME"),
        ({"LANGCHAIN_MODEL": "gpt-4o"}, "--model: 'gpt-4o'"),
        ({"LANGCHAIN_MODEL": ":m"}, "--model: ':m'"),
        ({"LANGCHAIN_BASE_URL": "localhost:1"}, "--model-url: 'localhost:1'"),
        ({"LANGCHAIN_TEMPERATURE": "2.1"}, "--temperature: '2.1'"),
        ({"LANGCHAIN_TEMPERATURE": "hot"}, "--temperature: 'hot'"),
        ({"LANGCHAIN_MAX_TOKENS": "0"}, "--max-tokens: '0'"),
        ({"LANGCHAIN_TIMEOUT": "0"}, "--model-timeout: '0'"),
        ({"LANGCHAIN_TIMEOUT": "long"}, "--model-timeout: 'long'"),
    ],
)
def test_what_will_not_do_is_refused(texts: dict[str, str], refusal: str) -> None:
    """By the option's name, whether it came by the command line or the environment."""
    with pytest.raises(OptionError, match=refusal):
        model_settings({**MODEL, **texts})
