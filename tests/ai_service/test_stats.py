from collections.abc import Iterator

import httpx2
import pytest

from ai_service.engine import LoadProfile
from ai_service.engines.simulate import build
from ai_service.main import create_app
from ai_service.stats import CallStats
from tests.ai_service.support import post, stats_of, times_of, until
from tests.support.servers import run_program


@pytest.fixture
def url() -> Iterator[str]:
    with run_program(create_app(build(LoadProfile()), api_key=None)) as url:
        yield url


def test_calls_are_counted_by_their_key(url: str) -> None:
    """Whatever became of them, and whichever protocol they came by; some have no key."""
    one, two = {"Idempotency-Key": "1"}, {"Idempotency-Key": "2"}
    post(url, {"message": "a"}, headers=one)
    post(url, {"message": '!sim {"status": 500}'}, headers=one)
    messages = [{"role": "user", "content": "a"}]
    post(f"{url}/v1/chat/completions", {"messages": messages, "stream": True}, headers=two)
    post(url, {"message": "a"})
    assert stats_of(url) == {"calls": 4, "by_key": {"1": 2, "2": 1}, "in_progress": 0}


def test_what_never_reached_the_engine_is_not_counted(url: str) -> None:
    """It cost nothing."""
    assert post(url, {}, headers={"Idempotency-Key": "1"}).status_code == 400
    assert stats_of(url)["calls"] == 0


def test_a_reset_begins_anew(url: str) -> None:
    """Also the attempts of the scripts."""
    headers = {"Idempotency-Key": "1"}
    body = {"message": '!sim {"attempts": [{"status": 503}, {}]}'}
    statuses = [post(url, body, headers=headers).status_code for _ in range(2)]
    assert httpx2.delete(f"{url}/stats", trust_env=False).status_code == 204
    assert stats_of(url) == {"calls": 0, "by_key": {}, "in_progress": 0}
    assert [*statuses, post(url, body, headers=headers).status_code] == [503, 200, 503]


@pytest.mark.parametrize("stream", [False, True])
def test_work_in_progress_is_shown_until_it_ends(url: str, stream: bool) -> None:
    """Also where the answer's headers are sent already."""
    script = '!sim {"endless": true, "tokens_per_second": 100}'
    body = {"message": script, "stream": stream}
    with httpx2.stream("POST", url, json=body, trust_env=False, timeout=10) as answer:
        parts = answer.iter_raw()
        assert next(parts)
        assert stats_of(url)["in_progress"] == 1
    until(lambda: stats_of(url)["in_progress"] == 0)


def test_a_long_key_is_not_remembered(url: str) -> None:
    """Its call counts; else whoever calls could fill the memory."""
    for _ in range(2):
        assert post(url, {"message": "a"}, headers={"Idempotency-Key": "k" * 256}).is_success
    assert stats_of(url) == {"calls": 2, "by_key": {}, "in_progress": 0}
    assert times_of(url) == {}


def test_only_the_newest_keys_are_kept() -> None:
    """By their last call; the total forgets nothing."""
    stats = CallStats(max_keys=2)
    keys = ("a", "b", "a", "c", "a", "b", None)
    assert [stats.count(key) for key in keys] == [1, 1, 2, 1, 3, 1, 1]
    shown = stats.snapshot()
    assert (shown.calls, shown.by_key) == (7, {"a": 3, "b": 1})
