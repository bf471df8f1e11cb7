"""How long calls took, as `GET /stats/times` tells it."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest

from ai_service.engine import LoadProfile
from ai_service.engines.simulate import build
from ai_service.main import create_app
from ai_service.times import CallTimes
from tests.ai_service.support import post, times_of, until, until_cut
from tests.support.servers import run_program

ONE = {"Idempotency-Key": "1"}
SLOW = '!sim {"latency": "50ms", "tokens": ["a", "b", "c"], "tokens_per_second": 20}'


@pytest.fixture
def url() -> Iterator[str]:
    with run_program(create_app(build(LoadProfile()), api_key=None)) as url:
        yield url


def test_a_streamed_reply_has_a_first_token_and_an_end(url: str) -> None:
    """Both seen here, before any network."""
    post(url, {"message": SLOW, "stream": True}, headers=ONE)
    until(lambda: "1" in times_of(url))
    times = times_of(url)["1"]
    assert 50 <= times["first_ms"] < times["total_ms"]
    assert times["total_ms"] >= 150


def test_a_plain_reply_has_both_at_once(url: str) -> None:
    """Its first byte comes when all has been said."""
    post(url, {"message": SLOW}, headers=ONE)
    until(lambda: "1" in times_of(url))
    times = times_of(url)["1"]
    assert 150 <= times["first_ms"] <= times["total_ms"]


def test_the_last_call_with_a_key_counts(url: str) -> None:
    """It is the one whose reply was used."""
    post(url, {"message": "a"}, headers=ONE)
    post(url, {"message": SLOW}, headers=ONE)
    until(lambda: times_of(url)["1"]["total_ms"] >= 150)


def test_what_has_no_whole_reply_has_no_time(url: str) -> None:
    """Nor has what has no key."""
    post(url, {"message": '!sim {"status": 500}'}, headers=ONE)
    post(url, {}, headers=ONE)
    post(url, {"message": "a"})
    until_cut(url, {"message": '!sim {"cut_after": 1}', "stream": True}, headers=ONE)
    assert times_of(url) == {}


def test_a_reset_forgets_the_times(url: str) -> None:
    """As it does the counts."""
    post(url, {"message": "a"}, headers=ONE)
    until(lambda: "1" in times_of(url))
    httpx2.delete(f"{url}/stats", trust_env=False)
    assert times_of(url) == {}


def test_the_callers_own_slowness_is_not_counted(url: str) -> None:
    """A body that comes in two parts is read when the second is here."""
    head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
    parts, begun = urlsplit(url), time.perf_counter()
    with socket.create_connection((parts.hostname, parts.port)) as line:
        line.sendall(f'{head}Idempotency-Key: 1\r\nContent-Length: 15\r\n\r\n{{"messa'.encode())
        time.sleep(0.3)
        line.sendall(b'ge":"a"}')
        while line.recv(4096):
            continue
    passed = time.perf_counter() - begun
    until(lambda: "1" in times_of(url))
    assert times_of(url)["1"]["total_ms"] / 1000 + 0.3 <= passed


def test_only_the_newest_are_kept() -> None:
    """By their last call, so that the memory has a bound."""
    times = CallTimes(max_keys=2)
    for key in ("a", "b", "a", "c"):
        times.keep(key, 0.001, 0.0025)
    kept = {key: (time.first_ms, time.total_ms) for key, time in times.snapshot().items()}
    assert kept == {"a": (1, 2.5), "c": (1, 2.5)}
