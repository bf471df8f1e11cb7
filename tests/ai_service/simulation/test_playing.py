import asyncio
import time

import pytest

from ai_service.engine import RawAnswer
from ai_service.errors import ConnectionCutError
from ai_service.simulation.behaviour import Behaviour
from ai_service.simulation.playing import play

AB = Behaviour(tokens=("a", "b", "c"))


async def heard(behaviour: Behaviour, *, stream: bool = True) -> list[str]:
    return [token async for token in play(behaviour, stream=stream)]


async def test_it_says_that_it_begins() -> None:
    """So that the headers go out before the first token's delay."""
    assert await heard(AB) == ["", "a", "b", "c"]


async def test_tokens_keep_their_pace() -> None:
    """The first comes at once; two pauses lie between three tokens."""
    began = time.perf_counter()
    await heard(Behaviour(tokens=AB.tokens, tokens_per_second=50))
    assert time.perf_counter() - began >= 0.039


async def test_the_first_token_has_its_own_delay() -> None:
    """Counted from the beginning of the answer."""
    tokens = play(Behaviour(tokens=("a",), first_token_delay_s=0.05), stream=True)
    assert await anext(tokens) == ""
    began = time.perf_counter()
    assert await anext(tokens) == "a"
    assert time.perf_counter() - began >= 0.049


@pytest.mark.parametrize(("cut_after", "said"), [(0, ""), (2, "ab"), (9, "abc")])
async def test_a_cut_comes_after_so_many_tokens(cut_after: int, said: str) -> None:
    """Even where the reply would have ended before."""
    tokens = play(Behaviour(tokens=AB.tokens, cut_after=cut_after), stream=True)
    heard = [await anext(tokens) for _ in range(len(said) + 1)]
    assert "".join(heard) == said
    with pytest.raises(ConnectionCutError):
        await anext(tokens)


async def test_an_endless_reply_goes_on() -> None:
    """After its own tokens, more of them."""
    tokens = play(Behaviour(tokens=("a",), endless=True), stream=True)
    assert [await anext(tokens) for _ in range(1000)][-1] == " more"
    await tokens.aclose()


async def test_a_plain_endless_reply_never_closes_its_json() -> None:
    """It is sent as it comes, as nobody could put it together first."""
    with pytest.raises(RawAnswer) as caught:
        await heard(Behaviour(tokens=('"',), endless=True), stream=False)
    body = caught.value.body
    assert [await anext(body) for _ in range(3)] == [b'{"reply":"', b'\\"', b" more"]
    await body.aclose()


async def test_who_hangs_says_nothing() -> None:
    """Until somebody gives up."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(heard(Behaviour(tokens=("a",), hang=True)), 0.05)
