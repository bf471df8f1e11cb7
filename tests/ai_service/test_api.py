from collections.abc import Iterator

import httpx2
import pytest

from ai_service.engines.echo import Echo
from ai_service.main import MAX_BODY_BYTES, create_app
from tests.ai_service.support import error_of, post, streamed
from tests.support.servers import run_program

SECRET = "my private complaint"
HELLO = {"message": "hello"}


@pytest.fixture(scope="module")
def echo_url() -> Iterator[str]:
    with run_program(create_app(Echo(), api_key=None)) as url:
        yield url


@pytest.mark.parametrize("path", ["/", "/chat", "/api/chat"])
def test_each_path_answers_alike(echo_url: str, path: str) -> None:
    """Whatever address an operator wrote into AI_SERVICE_URL, the same handler answers."""
    answer = post(echo_url + path, HELLO)
    assert (answer.status_code, answer.json()) == (200, {"reply": "hello"})


def test_the_full_body_of_the_contract_is_taken(echo_url: str) -> None:
    """All fields of the contract, and fields that it may get later, pass."""
    history = [
        {"role": "user", "content": "", "later": 1},
        {"role": "assistant", "content": "hm", "name": "doctor"},
    ]
    ids = {"group_id": "group_1", "user_message_id": "msg_1", "stream": False, "later": {}}
    answer = post(echo_url, {"message": "你好 🙂", "history": history, **ids})
    assert answer.json() == {"reply": "你好 🙂"}


def test_health_names_the_engine(echo_url: str) -> None:
    """As the option does."""
    answer = httpx2.get(f"{echo_url}/health", trust_env=False)
    assert answer.json() == {"status": "ok", "engine": "echo"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.message"),
        ([], "body"),
        ({"message": 5}, "body.message"),
        ({"message": " \n"}, "body.message"),
        ({"message": "a", "history": None}, "body.history"),
        ({"message": "a", "history": [{"role": "system", "content": ""}]}, "body.history.0.role"),
        ({"message": "a", "history": [{"role": "user"}]}, "body.history.0.content"),
        ({"message": "a", "stream": "perhaps"}, "body.stream"),
    ],
)
def test_a_bad_body_is_refused(echo_url: str, body: object, field: str) -> None:
    """The refusal names the field that is wrong."""
    answer = post(echo_url, body)
    error = error_of(answer)
    assert (answer.status_code, error["number"]) == (400, 1004)
    assert (error["code"], error["retryable"]) == ("INVALID_PARAMETER", False)
    assert isinstance(error["details"], dict)
    assert list(error["details"]["fields"]) == [field]
    assert field in str(error["message"])


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(echo_url: str, content: bytes) -> None:
    """No bytes whatever lead to a 500."""
    headers = {"Content-Type": "application/json"}
    answer = httpx2.post(echo_url, content=content, headers=headers, trust_env=False)
    assert (answer.status_code, error_of(answer)["number"]) == (400, 1004)


def test_half_a_surrogate_pair_is_refused(echo_url: str) -> None:
    """JSON can spell it, but no answer could repeat it."""
    headers = {"Content-Type": "application/json"}
    content = rb'{"message": "\ud800"}'
    answer = httpx2.post(echo_url, content=content, headers=headers, trust_env=False)
    assert (answer.status_code, error_of(answer)["number"]) == (400, 1004)


def test_a_refusal_does_not_repeat_the_message(echo_url: str) -> None:
    """What a patient wrote stays out of errors."""
    answer = post(echo_url, {"message": "a", "history": SECRET})
    assert answer.status_code == 400
    assert SECRET not in answer.text


def test_an_endless_body_is_cut_off(echo_url: str) -> None:
    """A body without announced length cannot fill the memory."""
    chunks = (b" " * 65536 for _ in range(MAX_BODY_BYTES // 65536 + 1))
    headers = {"Content-Type": "application/json"}
    answer = httpx2.post(echo_url, content=chunks, headers=headers, trust_env=False, timeout=20)
    assert (answer.status_code, error_of(answer)["number"]) == (413, 1006)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/v1/chat", 404), ("POST", "/chat/", 404), ("GET", "/chat", 405)],
)
def test_a_wrong_address_is_told_apart(echo_url: str, method: str, path: str, status: int) -> None:
    """A misspelt AI_SERVICE_URL is answered by a hint, never by a redirect."""
    answer = httpx2.request(method, echo_url + path, trust_env=False)
    assert answer.status_code == status
    assert "POST /chat" in str(error_of(answer)["message"])


@pytest.mark.parametrize("path", ["/", "/chat", "/api/chat"])
def test_a_reply_may_be_streamed(echo_url: str, path: str) -> None:
    """One event per piece, then the mark of the end, whatever the text."""
    text = 'two words, "quotes",\nlines, 你好 🙂 \u2028'
    *deltas, done = streamed(echo_url + path, {"message": text})
    assert len(deltas) > 1
    assert ("".join(event["delta"] for event in deltas), done) == (text, "[DONE]")


@pytest.mark.parametrize(
    ("stream", "accept", "kind"),
    [
        (True, "text/event-stream, application/json", "text/event-stream; charset=utf-8"),
        (True, "application/json", "application/json"),
        (False, "text/event-stream, application/json", "application/json"),
    ],
)
def test_events_come_to_those_who_ask_and_take_them(
    echo_url: str, stream: bool, accept: str, kind: str
) -> None:
    """Everybody else gets plain JSON."""
    answer = post(echo_url, {**HELLO, "stream": stream}, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)


def test_nobody_between_keeps_the_events_back(echo_url: str) -> None:
    """Proxies neither store nor gather them."""
    headers = post(echo_url, {**HELLO, "stream": True}).headers
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")
