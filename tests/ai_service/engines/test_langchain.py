import sys
from collections.abc import AsyncGenerator, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import httpx2
import pytest

from ai_service.chat_model.settings import ModelSettings
from ai_service.engine import EngineRequest, EngineUnavailableError, LoadProfile
from ai_service.engines import engine_factories
from ai_service.engines.langchain import build
from ai_service.engines.simulate import Simulate
from ai_service.main import create_app
from tests.ai_service.support import post, stats_of, streamed, until, until_cut
from tests.support.servers import run_program

needs_langchain = pytest.mark.skipif(
    find_spec("langchain") is None,
    reason="LangChain is not installed: pip install -e '.[langchain]'",
)


class Recording:
    """A model at the other end that keeps what it was asked."""

    name = "recording"

    def __init__(self) -> None:
        self.asked: list[EngineRequest] = []

    async def stream(self, request: EngineRequest) -> AsyncGenerator[str, None]:
        self.asked.append(request)
        yield "I have "
        yield "noted it."


@pytest.fixture
def recording() -> Recording:
    return Recording()


@pytest.fixture
def recorded_url(recording: Recording) -> Iterator[str]:
    with run_program(create_app(recording, api_key="model-key")) as model:
        settings = ModelSettings(
            "openai:m-1", f"{model}/v1", "model-key", "Be kind.", temperature=0.5, max_tokens=7
        )
        with run_program(create_app(build(LoadProfile(), settings), None)) as url:
            yield url


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    with run_program(create_app(Simulate(LoadProfile()), api_key=None)) as url:
        yield url


@pytest.fixture(scope="module")
def url(model_url: str) -> Iterator[str]:
    settings = ModelSettings("openai:m-1", f"{model_url}/v1", timeout_s=1.0)
    with run_program(create_app(build(LoadProfile(), settings), None)) as url:
        yield url


def scripted(script: str, *, stream: bool) -> dict[str, Any]:
    return {"message": f"!sim {script}", "stream": stream}


def test_without_langchain_the_start_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what to do about it."""
    monkeypatch.setitem(sys.modules, "langchain", None)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(EngineUnavailableError, match=r"pip install -e '\.\[langchain\]'$"):
        build(LoadProfile(), ModelSettings("openai:m-1", api_key="k"))


def test_without_a_model_the_start_is_refused() -> None:
    """There is no default that would suit everybody's account."""
    with pytest.raises(EngineUnavailableError, match="LANGCHAIN_MODEL"):
        engine_factories()["langchain"](LoadProfile())


@needs_langchain
def test_the_conversation_reaches_the_model(recorded_url: str, recording: Recording) -> None:
    """System prompt first, roles kept, the doctor named; with the settings for the model."""
    history = [
        {"role": "user", "content": "it hurts", "name": "user_1"},
        {"role": "assistant", "content": "where?"},
        {"role": "assistant", "content": "rest a day", "name": "doctor"},
    ]
    answer = post(recorded_url, {"message": "thanks", "history": history})
    assert answer.json() == {"reply": "I have noted it."}
    (asked,) = recording.asked
    assert (asked.system, asked.message, asked.stream) == ("Be kind.", "thanks", False)
    assert [entry.model_dump(exclude_none=True) for entry in asked.history] == history
    assert (asked.temperature, asked.max_tokens) == (0.5, 7)


@needs_langchain
def test_pieces_are_passed_on(recorded_url: str, recording: Recording) -> None:
    """As the model sends them."""
    expected = [{"delta": "I have "}, {"delta": "noted it."}, "[DONE]"]
    assert streamed(recorded_url, {"message": "a"}) == expected
    assert recording.asked[0].stream


@needs_langchain
def test_what_an_openai_client_asks_for_comes_first(
    recorded_url: str, recording: Recording
) -> None:
    """Its system message is added, its temperature and length replace those of the settings."""
    messages = [{"role": "system", "content": "Rhyme."}, {"role": "user", "content": "a"}]
    body = {"messages": messages, "temperature": 0.25, "max_tokens": 3}
    assert post(f"{recorded_url}/v1/chat/completions", body).status_code == 200
    (asked,) = recording.asked
    assert (asked.temperature, asked.max_tokens) == (0.25, 3)
    assert asked.system == "Be kind.\n\nRhyme."


@needs_langchain
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("script", "status", "number"),
    [
        ('{"status": 503}', 502, 4001),
        ('{"status": 401}', 502, 4001),
        ('{"garbage": true}', 502, 4001),
        ('{"retry_after": 7}', 429, 5003),
        ('{"hang": true}', 504, 4002),
        ('{"first_token_delay": 9}', 504, 4002),
        ('{"cut_after": 0}', 502, 4001),
    ],
)
def test_a_failing_model_is_told(
    url: str, model_url: str, script: str, status: int, number: int, stream: bool
) -> None:
    """After one call: the instant-messaging service does the retrying."""
    httpx2.delete(f"{model_url}/stats", trust_env=False)
    answer = post(url, scripted(script, stream=stream))
    assert (answer.status_code, answer.json()["error"]["number"]) == (status, number)
    assert answer.headers.get("retry-after") == ("7" if status == 429 else None)
    assert stats_of(model_url)["calls"] == 1


@needs_langchain
def test_a_model_cut_in_the_middle_cuts_the_stream(url: str) -> None:
    """No end is made up for it."""
    received = until_cut(url, scripted('{"cut_after": 1}', stream=True))
    assert received == 'data: {"delta":"Simulated"}\n\n'


@needs_langchain
@pytest.mark.parametrize("stream", [False, True])
def test_a_model_without_end_is_cut_off(url: str, model_url: str, stream: bool) -> None:
    """The timeout is for the whole reply, however fast its pieces come."""
    body = scripted('{"endless": true, "tokens_per_second": 50}', stream=stream)
    if stream:
        assert "more" in until_cut(url, body)
    else:
        assert post(url, body).status_code == 504
    until(lambda: stats_of(model_url)["in_progress"] == 0)


@needs_langchain
@pytest.mark.parametrize("stream", [False, True])
def test_the_model_is_left_when_the_client_goes(url: str, model_url: str, stream: bool) -> None:
    """Tokens that nobody reads cost money."""
    script = '{"tokens": ["a", "b"], "tokens_per_second": 0.001}'
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(url, json=scripted(script, stream=stream), trust_env=False, timeout=0.5)
    until(lambda: stats_of(model_url)["in_progress"] == 0)
    until(lambda: stats_of(url)["in_progress"] == 0)


@needs_langchain
@pytest.mark.parametrize("model", ["openai:m-1", "nobody:m-1"])
def test_a_model_that_cannot_be_built_refuses_the_start(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one without a key: on one line that names the model."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(EngineUnavailableError, match=f"^--model {model}: [^\n]+$"):
        build(LoadProfile(), ModelSettings(model))


@needs_langchain
@pytest.mark.parametrize("provider", ["openai", "deepseek", "anthropic"])
def test_each_provider_of_the_extra_is_there(provider: str) -> None:
    """With every setting, and without retries of its own."""
    settings = ModelSettings(f"{provider}:m-1", "http://127.0.0.1:1", "k", "s", 0.5, 7, 3.0)
    engine: Any = build(LoadProfile(), settings)
    assert (engine.name, engine.chat_model.max_retries) == ("langchain", 0)


@needs_langchain
def test_nothing_is_sent_to_a_tracing_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the environment asks LangChain for it: patients' messages go to the model only."""
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    build(LoadProfile(), ModelSettings("openai:m-1", "http://127.0.0.1:1/v1"))
    assert not import_module("langsmith.utils").tracing_is_enabled()
