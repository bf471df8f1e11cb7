import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ai_service.engine import LoadProfile
from ai_service.engines.demo import Demo
from ai_service.engines.simulate import Simulate
from ai_service.main import create_app
from tests.ai_service.support import post, streamed, until_cut
from tests.support.servers import run_program


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with run_program(create_app(Simulate(LoadProfile(length=3)), api_key="k")) as url:
        yield f"{url}/v1"


def asking(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m-1", "messages": [{"role": "user", "content": text}], **more}


def complete(url: str, body: object, key: str = "k") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return post(f"{url}/chat/completions", body, headers=headers)


def chunks_of(url: str, body: dict[str, Any]) -> list[Any]:
    headers = {"Authorization": "Bearer k", "Accept": "application/json"}
    return streamed(f"{url}/chat/completions", body, headers=headers)


def error_of(answer: httpx2.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def test_a_completion_has_its_form(url: str) -> None:
    """What OpenAI's clients read of it."""
    answer = complete(url, asking("one two")).json()
    assert answer["id"].startswith("chatcmpl-")
    assert (answer["object"], answer["model"]) == ("chat.completion", "m-1")
    assert isinstance(answer["created"], int)
    (choice,) = answer["choices"]
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"] == "this is a"
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    assert answer["usage"] == usage


def test_a_completion_may_be_streamed(url: str) -> None:
    """The role first, then the words, then the reason of the end; one id for all."""
    *chunks, done = chunks_of(url, asking("a"))
    assert done == "[DONE]"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    choices = [chunk["choices"][0] for chunk in chunks]
    assert [choice["delta"] for choice in choices] == [
        {"role": "assistant", "content": ""},
        {"content": "this"},
        {"content": " is"},
        {"content": " a"},
        {},
    ]
    assert [choice["finish_reason"] for choice in choices] == [None, None, None, None, "stop"]


def test_usage_is_streamed_to_those_who_ask(url: str) -> None:
    """In a last chunk without choices."""
    *_, last, _ = chunks_of(url, asking("a", stream_options={"include_usage": True}))
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 4


def test_the_conversation_reaches_the_engine() -> None:
    """Roles and names are kept: the doctor has the word."""
    parts = [{"type": "text", "text": text} for text in ("my tooth ", "hurts")]
    messages = [
        {"role": "system", "content": "You are kind."},
        {
            "role": "user",
            "content": parts,
        },
        {"role": "assistant", "content": "Since when, and how strong is it, from 0 to 10?"},
        {"role": "assistant", "name": "doctor", "content": "Please come at 9."},
        {"role": "user", "content": "since Monday, 4/10"},
    ]
    body = {"model": "m-1", "messages": messages, "temperature": 0.5, "max_tokens": 99, "n": 1}
    with run_program(create_app(Demo(), api_key=None)) as url:
        answer = complete(f"{url}/v1", {**body, "tools": [], "user": "u", "later": {}})
    content = answer.json()["choices"][0]["message"]["content"]
    assert content.startswith("As the doctor said: “Please come at 9.”")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ([], None),
        (asking(" "), None),
        ({"messages": [{"role": "assistant", "content": "a"}]}, None),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages.0.role"),
        (asking("a", temperature=3), "temperature"),
        (asking("a", max_tokens=0), "max_tokens"),
        (asking("a", stream="perhaps"), "stream"),
    ],
)
def test_a_bad_body_is_refused_in_openais_form(url: str, body: object, param: str | None) -> None:
    """With the first field that is wrong."""
    answer = complete(url, body)
    error = error_of(answer)
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["param"] == param


@pytest.mark.parametrize(
    ("script", "status", "kind", "code"),
    [
        ('{"retry_after": 3}', 429, "rate_limit_error", "rate_limit_exceeded"),
        ('{"status": 503}', 503, "server_error", None),
        ('{"status": 418}', 418, "invalid_request_error", None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_failures_have_openais_form(
    url: str, script: str, status: int, kind: str, code: str | None, stream: bool
) -> None:
    """Also those that OpenAI's clients treat in their own way."""
    answer = complete(url, asking(f"!sim {script}", stream=stream))
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["code"]) == (status, kind, code)
    assert answer.headers.get("retry-after") == ("3" if status == 429 else None)
    assert answer.headers["x-request-id"]


def test_a_wrong_key_is_refused_in_openais_form(url: str) -> None:
    """The same key as on the other paths."""
    answer = complete(url, asking("a"), key="other")
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (401, "invalid_api_key")


def test_a_wrong_method_is_refused_in_openais_form(url: str) -> None:
    """The path decides the form, not the method."""
    answer = httpx2.get(f"{url}/chat/completions", trust_env=False)
    assert (answer.status_code, error_of(answer)["type"]) == (405, "invalid_request_error")


def test_a_stream_that_fails_is_cut() -> None:
    """With neither a reason nor [DONE]."""
    with run_program(create_app(Simulate(LoadProfile()), api_key=None)) as url:
        body = asking('!sim {"cut_after": 1}', stream=True)
        received = until_cut(f"{url}/v1/chat/completions", body)
    last = json.loads(received.rstrip().rpartition("data: ")[2])
    assert last["choices"][0]["delta"] == {"content": "Simulated"}
    assert "[DONE]" not in received


def test_the_engine_is_the_model(url: str) -> None:
    """The only one; clients list models to see whether they are connected."""
    headers = {"Authorization": "Bearer k"}
    listed = httpx2.get(f"{url}/models", headers=headers, trust_env=False).json()
    assert listed["object"] == "list"
    (model,) = listed["data"]
    assert (model["id"], model["object"], model["owned_by"]) == ("simulate", "model", "im-service")


def test_without_a_model_the_engine_is_named(url: str) -> None:
    """The field may be left out."""
    body = {"messages": [{"role": "user", "content": "a"}]}
    assert complete(url, body).json()["model"] == "simulate"
