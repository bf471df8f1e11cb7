import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from app.config import AISettings
from app.errors import AIBadResponse, AIServiceFailed, AIServiceTimeout, AIUnavailable
from app.services.ai.calls import AICaller
from tests.services.ai.calls.support import (
    CHUNKED,
    EVENT_STREAM,
    QUESTION,
    QUICK,
    RawServer,
    asked,
    events,
    failed,
    response,
    sends,
    streams,
)
from tests.support.waiting import eventually

BREAKER: dict[str, Any] = {
    "ai_breaker_failures": 2, "ai_breaker_window": 4, "ai_breaker_open_seconds": 0.4,
}  # fmt: skip
BROKEN = sends(response(b"", "500 Broken"))
GOOD = sends(response(b'{"reply":"yes"}'))


@asynccontextmanager
async def calling(**settings: Any) -> AsyncIterator[AICaller]:
    caller = AICaller(AISettings(**{**QUICK, **BREAKER, **settings}))
    try:
        yield caller
    finally:
        await caller.close()


async def fail(caller: AICaller, times: int) -> None:
    for _ in range(times):
        with pytest.raises((AIServiceFailed, AIServiceTimeout, AIBadResponse)):
            await caller.ask(QUESTION, "rec_1")


async def until(look: Callable[[], bool]) -> None:
    async def seen() -> bool:
        return look()

    await eventually(seen, bool)


async def test_an_open_circuit_ends_in_an_error_at_once(ai: RawServer) -> None:
    """Without a call, and with the time until the next probe, which then closes it."""
    ai.script = BROKEN
    async with calling(ai_service_url=ai.url, ai_breaker_open_seconds=1.5) as caller:
        assert caller.states == {"default": "closed"}
        await fail(caller, 2)
        with pytest.raises(AIUnavailable) as caught:
            await caller.ask(QUESTION, "rec_1")
        assert caught.value.number == 4004
        assert caught.value.worth_repeating
        assert 0 < (caught.value.retry_after_s or 0) <= 1.5
        assert caller.states == {"default": "open"}
        assert len(ai.heads) == 2

        ai.script = GOOD
        await until(lambda: caller.states == {"default": "half_open"})
        assert (await caller.ask(QUESTION, "rec_1")).text == "yes"
        assert caller.states == {"default": "closed"}


async def test_the_fall_back_is_asked_instead(ai: RawServer, fallback: RawServer) -> None:
    """Only while the default's circuit is open; in its own protocol, with its own key."""
    ai.script = BROKEN
    fallback.script = streams('{"choices":[{"delta":{"content":"from afar"}}]}', "[DONE]")
    async with calling(
        ai_service_url=ai.url, ai_service_api_key="ours", ai_model="big",
        ai_fallback_url=f"{fallback.url}/v1?secret=1", ai_fallback_api_key="theirs",
        ai_fallback_protocol="openai", ai_fallback_model="small", ai_breaker_open_seconds=1.5,
    ) as caller:  # fmt: skip
        await fail(caller, 2)
        assert fallback.heads == []
        answer = await caller.ask(QUESTION, "rec_1")
        assert (answer.text, answer.service_url) == ("from afar", f"{fallback.url}/v1")
        assert fallback.headers["authorization"] == "Bearer theirs"
        assert fallback.bodies[-1]["model"] == "small"
        assert caller.states == {"default": "open", "fallback": "closed"}

        ai.script = GOOD
        await until(lambda: caller.states["default"] == "half_open")
        assert (await caller.ask(QUESTION, "rec_1")).service_url == ai.url


async def test_both_circuits_open(ai: RawServer, fallback: RawServer) -> None:
    """The shorter of the two waits is told."""
    ai.script = fallback.script = BROKEN
    urls = {"ai_service_url": ai.url, "ai_fallback_url": fallback.url}
    async with calling(**urls, ai_breaker_open_seconds=100) as caller:
        await fail(caller, 4)
        with pytest.raises(AIUnavailable) as caught:
            await caller.ask(QUESTION, "rec_1")
        assert (len(ai.heads), len(fallback.heads)) == (2, 2)
        assert 0 < (caught.value.retry_after_s or 0) <= 100


FAULTS = {
    "500": BROKEN,
    "cut": streams('{"delta":"a"}'),
    "garbage": sends(response(b"<html>")),
    "silence": sends(then_hang=True),
    "error object": streams('{"error":"x"}'),
}
NO_FAULTS = {
    "429": sends(response(b"", "429 Slow Down")),
    "400": sends(response(b"", "400 Bad Request")),
    "redirect": sends(response(b"", "302 Found", "Location: /")),
    "empty": sends(response(b'{"reply":""}')),
    "too long": sends(response(b'{"reply":"%s"}' % (b"x" * 2000))),
}


@pytest.mark.parametrize(
    ("name", "opens"), [*((n, True) for n in FAULTS), *((n, False) for n in NO_FAULTS)]
)
async def test_what_opens_a_circuit(ai: RawServer, name: str, opens: bool) -> None:
    """The service's own faults do; what it says to one question does not."""
    ai.script = {**FAULTS, **NO_FAULTS}[name]
    quick = {"ai_first_byte_timeout": 0.2, "ai_max_reply_bytes": 1024}
    async with calling(ai_service_url=ai.url, **quick, ai_breaker_open_seconds=100) as caller:
        await fail(caller, 2)
        assert caller.states == {"default": "open" if opens else "closed"}


async def test_one_probe_at_a_time(ai: RawServer) -> None:
    """The others are told to come back; a probe that is cancelled makes room for the next."""
    ai.script = BROKEN
    async with calling(ai_service_url=ai.url) as caller:
        await fail(caller, 2)
        await until(lambda: caller.states == {"default": "half_open"})
        ai.script = sends(then_hang=True)
        probe = asyncio.create_task(caller.ask(QUESTION, "rec_1"))
        await until(lambda: len(ai.heads) == 3)
        with pytest.raises(AIUnavailable) as caught:
            await caller.ask(QUESTION, "rec_2")
        assert (caught.value.retry_after_s or 0) > 0

        probe.cancel()
        with suppress(asyncio.CancelledError):
            await probe
        ai.script = GOOD
        assert (await caller.ask(QUESTION, "rec_3")).text == "yes"
        assert caller.states == {"default": "closed"}


async def test_cancelling_lets_go_of_the_connection(ai: RawServer) -> None:
    """The service sees it closed and can stop."""
    closed = asyncio.Event()

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(EVENT_STREAM + events('{"delta":"a"}'))
        with suppress(ConnectionError):
            while True:
                writer.write(b": still here\n")
                await writer.drain()
                await asyncio.sleep(0.02)
        closed.set()

    ai.script = script
    heard: list[str] = []
    async with calling(ai_service_url=ai.url) as caller:
        asking = asyncio.create_task(caller.ask(QUESTION, "rec_1", heard.append))
        await until(lambda: heard == ["a"])
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(10):
            await closed.wait()
        assert caller.states == {"default": "closed"}


STREAM = events('{"delta":"yes"}', "[DONE]")
WHOLE_STREAM = CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(STREAM), STREAM)


@pytest.mark.parametrize("script", [GOOD, sends(WHOLE_STREAM)], ids=["plain", "stream"])
async def test_connections_are_kept(ai: RawServer, script: Callable[..., Awaitable[None]]) -> None:
    """Call after call goes over the same one."""
    ai.script = script
    async with calling(ai_service_url=ai.url) as caller:
        for _ in range(3):
            assert (await caller.ask(QUESTION, "rec_1")).text == "yes"
    assert ai.connections == 1


async def test_a_stream_that_goes_on_behind_its_end(ai: RawServer) -> None:
    """The reply is whole; the connection is not used again."""
    ai.script = sends(EVENT_STREAM + STREAM, then_hang=True)
    async with calling(ai_service_url=ai.url, ai_service_timeout=2.0) as caller:
        for _ in range(2):
            assert (await caller.ask(QUESTION, "rec_1")).text == "yes"
    assert ai.connections == 2


async def test_cookies_are_not_kept(ai: RawServer) -> None:
    """What came with one patient's reply does not go out with the next question."""
    ai.script = sends(response(b'{"reply":"yes"}', "200 OK", "Set-Cookie: session=1; Path=/"))
    async with calling(ai_service_url=ai.url) as caller:
        await caller.ask(QUESTION, "rec_1")
        await caller.ask(QUESTION, "rec_2")
    assert "cookie" not in ai.headers


async def test_a_key_wins_over_a_password(ai: RawServer) -> None:
    """Which alone is sent as such."""
    url = ai.url.replace("//", "//user:pass@")
    await asked(url)
    assert ai.headers["authorization"].startswith("Basic ")
    answer, _ = await asked(url, ai_service_api_key="key")
    assert ai.headers["authorization"] == "Bearer key"
    assert answer.service_url == ai.url


async def test_the_proxy_of_the_environment_is_not_used(
    ai: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions and keys go where the settings say."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await asked(ai.url))[0].text == "yes"


async def test_many_at_once(ai: RawServer) -> None:
    """More than AI_CONCURRENCY do not wait for each other: that bound is the dispatcher's."""
    async with calling(ai_service_url=ai.url, ai_concurrency=2) as caller:
        asking = [caller.ask(QUESTION, f"rec_{n}") for n in range(30)]
        assert {answer.text for answer in await asyncio.gather(*asking)} == {"yes"}


async def test_without_a_service() -> None:
    """Nothing to ask: the operator's error, which time does not mend."""
    async with calling() as caller:
        assert (caller.states, caller.public_url) == ({}, "")
        with pytest.raises(AIUnavailable) as caught:
            await caller.ask(QUESTION, "rec_1")
        assert not caught.value.worth_repeating


async def test_no_error_tells_a_secret(ai: RawServer) -> None:
    """Messages are stored and sent to the group's members."""
    for script in (*FAULTS.values(), *NO_FAULTS.values()):
        ai.script = script
        url = ai.url.replace("//", "//user:hidden@") + "/?k=hidden"
        quick = {"ai_first_byte_timeout": 0.2, "ai_max_reply_bytes": 1024}
        error, _ = await failed(url, ai_service_api_key="hidden", **quick)
        assert "hidden" not in error.message
    async with calling(ai_service_url=url) as caller:
        assert caller.public_url == f"{ai.url}/"
