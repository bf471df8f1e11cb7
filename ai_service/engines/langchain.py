import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ai_service.chat_model.failures import failure_of, reason_of
from ai_service.chat_model.messages import messages_of
from ai_service.chat_model.settings import ModelSettings
from ai_service.engine import Engine, EngineRequest, EngineUnavailableError, LoadProfile

INSTALL = "pip install -e '.[langchain]'"


@dataclass(frozen=True, slots=True)
class LangChain:
    """Any chat model that LangChain reaches: OpenAI's, DeepSeek's, Anthropic's, one of your own."""

    chat_model: Any
    settings: ModelSettings
    name: str = "langchain"

    async def stream(self, request: EngineRequest) -> AsyncGenerator[str, None]:
        try:
            async with aclosing(_within(self.settings.timeout_s, self._ask(request))) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            raise failure_of(error) from error

    async def _ask(self, request: EngineRequest) -> AsyncGenerator[str, None]:
        messages = messages_of(request, self.settings.system_prompt)
        chosen = {"temperature": request.temperature, "max_tokens": request.max_tokens}
        options = {name: value for name, value in chosen.items() if value is not None}
        if not request.stream:
            yield (await self.chat_model.ainvoke(messages, **options)).text
            return
        async with aclosing(self.chat_model.astream(messages, **options)) as chunks:
            async for chunk in chunks:
                if chunk.text:  # or a reply would count as begun before its first word
                    yield chunk.text


async def _within(timeout_s: float, pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """Each piece is waited for on its own, as the next may be asked for by another task."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    async with aclosing(pieces):
        while True:
            async with asyncio.timeout_at(deadline):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece


def build(_load: LoadProfile, model: ModelSettings | None = None) -> Engine:
    if model is None:
        raise EngineUnavailableError("--engine langchain needs a model: --model, LANGCHAIN_MODEL")
    try:
        langchain, langsmith = import_module("langchain.chat_models"), import_module("langsmith")
    except ImportError as error:
        needs = "--engine langchain needs LangChain, which is not installed"
        raise EngineUnavailableError(f"{needs}: {INSTALL}") from error
    langsmith.configure(enabled=False)  # or an environment variable would send it all to LangSmith
    return LangChain(_chat_model(langchain, model), model)


def _chat_model(langchain: Any, settings: ModelSettings) -> Any:
    try:
        return langchain.init_chat_model(**settings.arguments())
    except Exception as error:
        raise EngineUnavailableError(f"--model {settings.model}: {reason_of(error)}") from error
