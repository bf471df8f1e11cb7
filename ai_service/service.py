import asyncio
import os
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from ai_service.chat_model.options import model_settings
from ai_service.engine import EngineRequest, LoadProfile, joined
from ai_service.engines import engine_factories
from ai_service.options import factory


class AIService:
    """The AI in this process, without HTTP: `AI_SERVICE_ENGINE` names the engine, else it is demo.

    Callable from any thread, also one whose event loop runs; one reply at a time.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get("AI_SERVICE_ENGINE", "demo")
        build = factory(name, engine_factories())
        model = model_settings(environment) if name == "langchain" else None
        self._engine = build(LoadProfile(), model)
        self._runner = asyncio.Runner()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ai-service")
        self.close = weakref.finalize(self, _close, self._thread, self._runner)
        self.close.atexit = False

    def reply(self, message: str) -> str:
        return self._thread.submit(self._runner.run, self._reply(message)).result()

    async def _reply(self, message: str) -> str:
        return await joined(self._engine.stream(EngineRequest(message)))


def _close(thread: ThreadPoolExecutor, runner: asyncio.Runner) -> None:
    thread.submit(runner.close)
    thread.shutdown(wait=False)
