import asyncio
import logging
import threading
from collections.abc import Iterator

import httpx2
import pytest

from ai_service.engines.echo import Echo
from ai_service.main import MAX_BODY_BYTES, create_app
from ai_service.schemas import ChatRequest
from tests.ai_service.support import post
from tests.support.servers import run_program

SECRET = "my private complaint"
HELLO = {"message": "hello"}


class Broken:
    name = "broken"

    async def reply(self, request: ChatRequest) -> str:
        raise RuntimeError(request.message)


class Endless:
    name = "endless"

    def __init__(self) -> None:
        self.given_up = threading.Event()

    async def reply(self, request: ChatRequest) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up.set()
        return ""


@pytest.fixture(scope="module")
def echo_url() -> Iterator[str]:
    with run_program(create_app(Echo(), api_key=None)) as url:
        yield url


@pytest.fixture(scope="module")
def guarded_url() -> Iterator[str]:
    with run_program(create_app(Echo(), api_key="sésame")) as url:
        yield url


def error_of(answer: httpx2.Response) -> dict[str, object]:
    error: dict[str, object] = answer.json()["error"]
    assert error.keys() == {"code", "number", "message", "retryable", "details", "request_id"}
    return error


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
    ids = {"group_id": "group_1", "user_message_id": "msg_1", "stream": True, "later": {}}
    answer = post(echo_url, {"message": "你好 🙂", "history": history, **ids})
    assert answer.json() == {"reply": "你好 🙂"}


def test_health_names_the_engine(guarded_url: str) -> None:
    """A monitor needs no key."""
    answer = httpx2.get(f"{guarded_url}/health", trust_env=False)
    assert answer.json() == {"status": "ok", "engine": "echo"}


@pytest.mark.parametrize("header", ["Bearer sésame", "bearer  sésame"])
def test_the_right_key_passes(guarded_url: str, header: str) -> None:
    """The scheme is case-insensitive, and a key may be any text."""
    assert post(guarded_url, HELLO, headers={"Authorization": header.encode()}).is_success


@pytest.mark.parametrize("header", [None, "", "sésame", "Bearer", "Bearer sesame", "Basic sésame"])
def test_a_wrong_key_is_refused(guarded_url: str, header: str | None) -> None:
    """Without the very key nothing is answered."""
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = post(guarded_url, HELLO, headers=headers)
    error = error_of(answer)
    assert (answer.status_code, error["number"], error["code"]) == (401, 5001, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_key_is_checked_before_the_body(guarded_url: str) -> None:
    """Who has no key learns nothing of the expected form."""
    answer = httpx2.post(guarded_url, content=b"{", trust_env=False)
    assert answer.status_code == 401


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


def test_a_broken_engine_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the answer nor the log repeats what the engine's exception says."""
    with run_program(create_app(Broken(), api_key=None)) as url, caplog.at_level(logging.DEBUG):
        answer = post(url, {"message": SECRET})
    error = error_of(answer)
    assert (answer.status_code, error["number"], error["retryable"]) == (500, 9001, True)
    assert SECRET not in answer.text + caplog.text
    assert f"request_id={error['request_id']} cause=RuntimeError" in caplog.text


def test_an_engine_stops_when_its_client_has_gone() -> None:
    """Work that nobody waits for is given up."""
    engine = Endless()
    with run_program(create_app(engine, api_key=None)) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(url, json=HELLO, trust_env=False, timeout=0.3)
        assert engine.given_up.wait(5)
