from collections.abc import Mapping

from ai_service.chat_model.settings import DEFAULT_SYSTEM_PROMPT, ModelSettings
from ai_service.options import OptionError, count, duration_s, number_between

MAX_TOKENS = 1_000_000
MAX_TEMPERATURE = 2.0
DEFAULT_TIMEOUT = "25s"


def model_settings(texts: Mapping[str, str | None]) -> ModelSettings:
    """From environment variables' names and texts; a blank one counts as not given."""
    given = {name: text.strip() for name, text in texts.items() if text and text.strip()}
    temperature = given.get("LANGCHAIN_TEMPERATURE")
    return ModelSettings(
        model=_model(given.get("LANGCHAIN_MODEL", "")),
        base_url=_base_url(given.get("LANGCHAIN_BASE_URL")),
        api_key=given.get("LANGCHAIN_MODEL_API_KEY"),
        system_prompt=given.get("LANGCHAIN_SYSTEM_PROMPT", DEFAULT_SYSTEM_PROMPT),
        temperature=number_between("--temperature", temperature, MAX_TEMPERATURE),
        max_tokens=count("--max-tokens", given.get("LANGCHAIN_MAX_TOKENS"), MAX_TOKENS),
        timeout_s=_timeout_s(given.get("LANGCHAIN_TIMEOUT", DEFAULT_TIMEOUT)),
    )


def _model(text: str) -> str:
    provider, _, name = text.partition(":")
    if provider and name:
        return text
    raise OptionError("--model", text, "PROVIDER:NAME such as openai:gpt-4o-mini")


def _base_url(text: str | None) -> str | None:
    if text is None or text.startswith(("http://", "https://")):
        return text
    raise OptionError("--model-url", text, "an address such as http://127.0.0.1:11434/v1")


def _timeout_s(text: str) -> float:
    seconds = duration_s("--model-timeout", text)
    if seconds > 0:
        return seconds
    raise OptionError("--model-timeout", text, "more than nothing")
