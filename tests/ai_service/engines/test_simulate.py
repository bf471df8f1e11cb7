import time
from collections.abc import Iterator

import httpx2
import pytest

from ai_service.engine import LoadProfile
from ai_service.engines.simulate import build
from ai_service.main import create_app
from tests.ai_service.support import post, reply_of, stats_of, streamed, until_cut
from tests.support.servers import run_program


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with run_program(create_app(build(LoadProfile()), api_key=None)) as url:
        yield url


async def test_by_default_it_answers_at_once() -> None:
    """With the length of what it was told, to be told apart from an echo."""
    reply = await reply_of(build(LoadProfile()), "hello")
    assert reply == "Simulated reply to a message of 5 characters."


async def test_latency_and_jitter_hold() -> None:
    """Every answer takes at least 1 - jitter of the latency, and they differ."""
    engine = build(LoadProfile(latency_s=0.03, jitter=0.5, seed=3))
    spans = []
    for _ in range(8):
        start = time.perf_counter()
        await reply_of(engine, "hello")
        spans.append(time.perf_counter() - start)
    assert min(spans) >= 0.014
    assert max(spans) - min(spans) > 0.005


@pytest.mark.parametrize(
    ("profile", "status", "number"),
    [(LoadProfile(fail_rate=1), 500, 9001), (LoadProfile(rate_limit_rate=1), 429, 5003)],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_simulated_failure_has_its_status(
    profile: LoadProfile, status: int, number: int, stream: bool
) -> None:
    """In the envelope of the contract, and worth trying again, whether streamed or not."""
    with run_program(create_app(build(profile), api_key=None)) as url:
        answer = post(url, {"message": "a", "stream": stream})
    error = answer.json()["error"]
    assert (answer.status_code, error["number"], error["retryable"]) == (status, number, True)
    assert answer.headers.get("retry-after") == ("1" if status == 429 else None)


@pytest.mark.parametrize(
    "profile", [LoadProfile(hang_rate=1), LoadProfile(endless_rate=1, tokens_per_second=1)]
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_never_ends_is_given_up_by_the_client(profile: LoadProfile, stream: bool) -> None:
    """The server lives on."""
    body = {"message": "a", "stream": stream}
    with run_program(create_app(build(profile), api_key=None)) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(url, json=body, trust_env=False, timeout=0.3)
        assert httpx2.get(f"{url}/health", trust_env=False).is_success


def test_half_of_a_reply_is_sent_before_the_cut() -> None:
    """In both forms the client has something, but never an end."""
    profile = LoadProfile(cut_rate=1, length=4)
    with run_program(create_app(build(profile), api_key=None)) as url:
        assert until_cut(url, {"message": "a"}) == '{"reply":"this is'
        received = until_cut(url, {"message": "a", "stream": True})
    assert received == 'data: {"delta":"this"}\n\ndata: {"delta":" is"}\n\n'


def test_garbage_is_a_200() -> None:
    """Neither form can be read by the contract."""
    with run_program(create_app(build(LoadProfile(garbage_rate=1)), api_key=None)) as url:
        plain, stream = (post(url, {"message": "a", "stream": stream}) for stream in (False, True))
    assert (plain.status_code, stream.status_code) == (200, 200)
    assert plain.text.startswith("<html>")
    assert stream.text.startswith("data: <html>")


def test_a_script_decides_for_its_message_alone(url: str) -> None:
    """The next message is answered as ever."""
    assert post(url, {"message": '!sim {"status": 503}'}).status_code == 503
    assert post(url, {"message": "a"}).status_code == 200


def test_scripted_tokens_come_as_they_are(url: str) -> None:
    """One event each, and together the plain reply."""
    message = {"message": '!sim {"tokens": ["a", "b\\n", "好"]}'}
    assert streamed(url, message) == [{"delta": "a"}, {"delta": "b\n"}, {"delta": "好"}, "[DONE]"]
    assert post(url, message).json() == {"reply": "ab\n好"}


def test_each_attempt_has_its_script(url: str) -> None:
    """Counted by idempotency key; the last script goes for all that follow."""
    body = {"message": '!sim {"attempts": [{"status": 503}, {"cut_after": 1}, {"tokens": ["ok"]}]}'}
    headers = {"Idempotency-Key": "record-1"}
    assert post(url, body, headers=headers).status_code == 503
    with pytest.raises(httpx2.RemoteProtocolError):
        post(url, body, headers=headers)
    replies = [post(url, body, headers=headers).json()["reply"] for _ in range(2)]
    assert replies == ["ok", "ok"]
    assert stats_of(url)["by_key"]["record-1"] == 4
    assert post(url, body, headers={"Idempotency-Key": "record-2"}).status_code == 503


def test_a_bad_script_is_told(url: str) -> None:
    """By what is wrong with it, as a 400."""
    answer = post(url, {"message": '!sim {"cut": 5}'})
    assert answer.status_code == 400
    assert "cut: Extra inputs are not permitted" in answer.json()["error"]["message"]


async def test_a_script_takes_nothing_from_the_seed() -> None:
    """What happens to the other messages does not depend on where scripts stand between them."""
    plain, mixed = (build(LoadProfile(fail_rate=0.5, seed=7)) for _ in range(2))
    fates = []
    for engine, scripts in ((plain, False), (mixed, True)):
        seen = []
        for _ in range(20):
            if scripts:
                await reply_of(engine, "!sim {}")
            try:
                seen.append(await reply_of(engine, "a"))
            except Exception as error:  # noqa: BLE001 - any failure counts
                seen.append(type(error).__name__)
        fates.append(seen)
    assert fates[0] == fates[1]
    assert len(set(fates[0])) == 2
