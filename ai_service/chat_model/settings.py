from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_SYSTEM_PROMPT = (
    "You answer patients in a medical chat. Be brief and kind, in the patient's language. "
    "Ask what you need to know, name warning signs, and send emergencies to emergency services. "
    "Give neither a diagnosis nor doses. Messages named doctor are a doctor's: follow them."
)
NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """`timeout_s` bounds the whole reply, and each of its steps."""

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    system_prompt: str = DEFAULT_SYSTEM_PROMPT
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_s: float = 25.0

    def arguments(self) -> dict[str, Any]:
        """Of LangChain's `init_chat_model`.

        Where an address is given but no key, the provider's own key of the environment is not sent
        there. Nothing is retried here: the caller does that, and layers of retries multiply.
        """
        key = self.api_key or (NO_KEY if self.base_url else None)
        given: Mapping[str, Any] = {
            "base_url": self.base_url,
            "api_key": key,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        return {"model": self.model, "max_retries": 0, "timeout": self.timeout_s, **chosen}
