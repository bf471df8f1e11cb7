"""Replies in the making, over real sockets."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from im_client import (
    AiModeChanged,
    AiReply,
    AiReplyDelta,
    AiReplySnapshot,
    ErrorFrame,
    IMClient,
    IMConnectionError,
    IMError,
)
from tests.im_client.clients import Open, Server, next_of
from tests.im_client.scripted import ScriptedServer, client_of, collect, frame
from tests.support.databases import SqliteFiles
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import RunningServer, run_program, run_service

WORDS = [f"word{number}" for number in range(30)]
QUESTION = "stream:" + " ".join(WORDS)


@pytest.fixture(scope="module")
def ai() -> ScriptedAI:
    return ScriptedAI()


@pytest.fixture(scope="module")
def server(
    own_environment: Path, sqlite_files: SqliteFiles, ai: ScriptedAI
) -> Iterator[RunningServer]:
    """With an AI that streams, and may be made to pause."""
    with (
        run_program(ai.app) as url,
        run_service(database_url=sqlite_files.new(), ai_service_url=url) as running,
    ):
        yield running


@pytest.fixture(autouse=True)
def all_words_let_go(ai: ScriptedAI) -> None:
    ai.words_let_go = 1 << 30
    ai.pause_s = 0.0
    ai.cut_streams = 0


async def _told(client: IMClient) -> tuple[list[str], AiReply]:
    """The texts so far, and the reply."""
    texts: list[str] = []
    async with asyncio.timeout(10):
        async for event in client.events():
            if isinstance(event, AiReplyDelta | AiReplySnapshot):
                texts.append(event.text_so_far)
            if isinstance(event, AiReply):
                return texts, event
    raise AssertionError("the events ended without a reply")


async def test_a_reply_grows_to_what_is_stored(
    open_client: Open, ward: str, ai: ScriptedAI
) -> None:
    """Though a cut connection to the AI took some of it back."""
    ai.pause_s, ai.cut_streams = 0.06, 1
    pat = await open_client("pat", deltas=True)

    await pat.send(ward, "stream:one two three four")
    texts, reply = await _told(pat)

    assert texts[-1] == reply.content == "one two three four"
    assert all(reply.content.startswith(text) for text in texts)
    assert texts != sorted(texts, key=len)  # it was taken back once


async def test_a_lost_connection_goes_on_from_a_snapshot(
    server: Server, open_client: Open, ward: str, ai: ScriptedAI
) -> None:
    ai.words_let_go = 10
    pat = await open_client("pat", deltas=True)
    await pat.send(ward, QUESTION)
    await next_of(pat, AiReplyDelta)

    await server.ws_close_all(4001)
    snapshot = await next_of(pat, AiReplySnapshot)
    ai.words_let_go = 1 << 30
    texts, reply = await _told(pat)

    assert reply.content == " ".join(WORDS)
    assert texts[-1] == reply.content
    assert texts[0].startswith(snapshot.text_so_far)


async def test_stopping_a_reply(open_client: Open, ward: str, ai: ScriptedAI) -> None:
    """What was said so far is the reply; afterwards there is nothing to stop."""
    ai.words_let_go = 5
    pat = await open_client("pat", deltas=True)
    await pat.send(ward, QUESTION)
    stream_id = (await next_of(pat, AiReplyDelta)).stream_id

    await pat.stop_ai(stream_id)
    reply = await next_of(pat, AiReply)
    await pat.stop_ai(stream_id)

    assert (reply.finish_reason, reply.stream_id) == ("stopped", stream_id)
    assert " ".join(WORDS).startswith(reply.content)
    assert (await next_of(pat, ErrorFrame)).number == 3002


async def test_without_deltas_only_the_reply_comes(open_client: Open, ward: str) -> None:
    pat = await open_client("pat", deltas=False)

    await pat.send(ward, QUESTION)

    assert (await _told(pat))[0] == []


async def test_a_changed_mode_is_told(open_client: Open, ward: str) -> None:
    """Doctors change it, patients may not."""
    pat, dora = await open_client("pat"), await open_client("dora")

    group = await dora.set_ai_mode(ward, "mention")
    changed = await next_of(pat, AiModeChanged)

    assert group.ai_mode == changed.ai_mode == "mention"
    assert (changed.group_id, changed.by_user_id) == (ward, "dora")
    with pytest.raises(IMError):
        await pat.set_ai_mode(ward, "off")


async def test_stopping_needs_a_connection() -> None:
    async with IMClient() as client:
        with pytest.raises(IMConnectionError):
            await client.stop_ai("s")


def _delta(n: int, text: str) -> str:
    return frame("ai_reply_delta", stream_id="s", group_id="g", n=n, offset=n, text=text)


async def test_a_piece_that_was_lost_is_asked_for(scripted: ScriptedServer) -> None:
    """The program sees whole texts only. A stream that has ended meanwhile is no error."""

    async def leaves_out_one(socket: ServerConnection) -> None:
        for said in (scripted.connected(0), _delta(0, "a"), _delta(2, "c")):
            await socket.send(said)
        asked.append(json.loads(await socket.recv()))
        fields = {"stream_id": "s", "group_id": "g", "user_message_id": "m0", "n": 3}
        await socket.send(frame("ai_reply_snapshot", text="abc", **fields))
        await socket.send(_delta(3, "d"))
        await socket.send(_delta(5, "f"))
        asked.append(json.loads(await socket.recv()))
        await socket.send(frame("error", code="STREAM_NOT_FOUND", number=3002, message="ended"))
        await socket.send(scripted.live(1))
        await socket.wait_closed()

    asked: list[object] = []
    scripted.scripts = [leaves_out_one]
    async with client_of(scripted, deltas=True) as client:
        await client.connect()
        events = await collect(client, 1)

    partial = [e for e in events if isinstance(e, AiReplyDelta | AiReplySnapshot)]
    assert [event.text_so_far for event in partial] == ["a", "abc", "abcd"]
    assert not any(isinstance(event, ErrorFrame) for event in events)
    assert asked == [{"type": "resync_ai", "stream_id": "s"}] * 2
