import asyncio
import time
from collections import Counter

import httpx2
import pytest

from ai_service.engine import LoadProfile
from ai_service.engines.simulate import build
from ai_service.errors import ServiceError
from ai_service.main import create_app
from ai_service.schemas import ChatRequest
from tests.ai_service.support import post
from tests.support.servers import run_program

HELLO = ChatRequest(message="hello")


async def fates(profile: LoadProfile, count: int = 60) -> list[str]:
    engine = build(profile)
    found = []
    for _ in range(count):
        try:
            await asyncio.wait_for(engine.reply(HELLO), 0.001)
            found.append("answered")
        except TimeoutError:
            found.append("hung")
        except ServiceError:
            found.append("failed")
    return found


async def test_by_default_it_answers_at_once() -> None:
    """With the length of what it was told, to be told apart from an echo."""
    reply = await build(LoadProfile()).reply(HELLO)
    assert reply == "Simulated reply to a message of 5 characters."


async def test_latency_and_jitter_hold() -> None:
    """Every answer takes between 1 - jitter and 1 + jitter of the latency, and they differ."""
    engine = build(LoadProfile(latency_s=0.03, jitter=0.5, seed=3))
    spans = []
    for _ in range(8):
        start = time.perf_counter()
        await engine.reply(HELLO)
        spans.append(time.perf_counter() - start)
    assert min(spans) >= 0.014
    assert max(spans) - min(spans) > 0.005


async def test_rates_hold_and_a_seed_repeats_them() -> None:
    """The same seed gives the same fates, another seed others."""
    profile = LoadProfile(fail_rate=0.3, hang_rate=0.2, seed=7)
    first = await fates(profile)
    assert await fates(profile) == first
    assert await fates(LoadProfile(fail_rate=0.3, hang_rate=0.2, seed=8)) != first
    counts = Counter(first)
    assert 8 <= counts["failed"] <= 28
    assert 4 <= counts["hung"] <= 22


@pytest.mark.parametrize(("rates", "fate"), [((1.0, 0.0), "failed"), ((0.0, 1.0), "hung")])
async def test_a_rate_of_one_spares_no_request(rates: tuple[float, float], fate: str) -> None:
    """The end of the range is reached."""
    profile = LoadProfile(fail_rate=rates[0], hang_rate=rates[1])
    assert await fates(profile, 10) == [fate] * 10


def test_a_simulated_failure_is_a_500() -> None:
    """In the envelope of the contract, and worth trying again."""
    app = create_app(build(LoadProfile(fail_rate=1)), api_key=None)
    with run_program(app) as url:
        answer = post(url, {"message": "a"})
    error = answer.json()["error"]
    assert (answer.status_code, error["number"], error["retryable"]) == (500, 9001, True)


def test_a_hanging_request_is_never_answered() -> None:
    """The client gives up; the server lives on."""
    with run_program(create_app(build(LoadProfile(hang_rate=1)), api_key=None)) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(url, json={"message": "a"}, trust_env=False, timeout=0.3)
        assert httpx2.get(f"{url}/health", trust_env=False).is_success
