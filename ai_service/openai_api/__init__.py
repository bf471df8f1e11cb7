"""OpenAI's chat completions, so that any OpenAI client can ask any engine."""

from ai_service.openai_api.api import PATHS, openai_router
from ai_service.openai_api.errors import openai_error

__all__ = ["PATHS", "openai_error", "openai_router"]
