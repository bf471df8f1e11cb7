"""Sends that know no rest until they are answered."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from im_client import IMClient, IMConnectionError, IMError, IMUnacknowledgedError, Reconnecting
from tests.im_client.scripted import Script, ScriptedServer, client_of, frame, message_in

BUSY = {"code": "RATE_LIMITED", "number": 5003, "message": "slow down", "retryable": True}
Answer = Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]


def ack(heard: dict[str, Any], seq: int = 1, **fields: Any) -> str:
    told = {"group_id": heard["group_id"], "seq": seq, "client_msg_id": heard["client_msg_id"]}
    return json.dumps(message_in("g") | told | {"content": heard["content"]} | fields)


def refusal(heard: dict[str, Any], **error: Any) -> str:
    return frame("error", client_msg_id=heard["client_msg_id"], **error)


async def sends(socket: ServerConnection) -> AsyncIterator[dict[str, Any]]:
    async for raw in socket:
        heard = json.loads(raw)
        if heard["type"] == "send_message":
            yield heard


def answering(scripted: ScriptedServer, answer: Answer) -> Script:
    """A script that greets, then answers each send."""

    async def script(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(0))
        async for heard in sends(socket):
            await answer(socket, heard)

    return script


async def silence(_socket: ServerConnection, _heard: dict[str, Any]) -> None:
    pass


async def started(client: IMClient, *contents: str) -> "list[asyncio.Task[Any]]":
    tasks = [asyncio.create_task(client.send("g", c, client_msg_id=c)) for c in contents]
    await asyncio.sleep(0)
    return tasks


async def until_disconnected(client: IMClient) -> None:
    async with asyncio.timeout(5):
        async for event in client.events():
            if isinstance(event, Reconnecting):
                return


async def test_unanswered_sends_go_again_in_their_order_before_new_ones(
    scripted: ScriptedServer,
) -> None:
    """With the same ids, on whatever connection comes next."""
    heard_again: list[str] = []

    async def forgetful(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(0))
        heard = [h["content"] for h in [await anext(sends(socket)) for _ in range(3)]]
        assert heard == ["one", "two", "three"]
        await socket.close(4001)

    async def faithful(socket: ServerConnection, heard: dict[str, Any]) -> None:
        assert heard["client_msg_id"] == heard["content"]
        heard_again.append(heard["content"])
        await socket.send(ack(heard, seq=len(heard_again)))

    scripted.scripts = [forgetful, answering(scripted, faithful)]
    async with client_of(scripted) as client:
        await client.connect()
        tasks = await started(client, "one", "two", "three")
        await until_disconnected(client)
        tasks += await started(client, "four")
        stored = await asyncio.gather(*tasks)

    assert heard_again == ["one", "two", "three", "four"]
    assert [message.seq for message in stored] == [1, 2, 3, 4]


async def test_the_answer_to_a_repeat_is_the_stored_message(scripted: ScriptedServer) -> None:
    async def hang_up(socket: ServerConnection, _heard: dict[str, Any]) -> None:
        await socket.close(4001)

    async def repeat(socket: ServerConnection, heard: dict[str, Any]) -> None:
        await socket.send(ack(heard, duplicate=True))

    scripted.scripts = [answering(scripted, hang_up), answering(scripted, repeat)]
    async with client_of(scripted) as client:
        await client.connect()
        message = await client.send("g", "hi")

    assert (message.duplicate, message.message_id) == (True, "msg_1")


async def test_a_message_that_comes_back_by_sync_is_acknowledged(scripted: ScriptedServer) -> None:
    """The first connection stored it and said nothing; the second need not answer the repeat."""

    async def store(socket: ServerConnection, heard: dict[str, Any]) -> None:
        told = [json.loads(ack(heard))]
        scripted.results = [scripted.result(recovered=True, last_seq=1, messages=told)]
        await socket.close(4001)

    scripted.scripts = [answering(scripted, store), scripted.says(scripted.connected(1))]
    async with client_of(scripted) as client:
        await client.connect()
        message = await client.send("g", "hi")

    assert (message.seq, message.content, message.duplicate) == (1, "hi", None)


async def test_what_waits_for_another_try_is_not_overtaken(scripted: ScriptedServer) -> None:
    accepted: list[str] = []
    accepting, third_started = False, False

    async def answer(socket: ServerConnection, heard: dict[str, Any]) -> None:
        nonlocal accepting
        accepting = accepting or (third_started and heard["content"] == "one")
        if accepting:
            accepted.append(heard["content"])
        await socket.send(ack(heard) if accepting else refusal(heard, group_id="g", **BUSY))

    scripted.scripts = [answering(scripted, answer)]
    async with client_of(scripted) as client:
        await client.connect()
        tasks = await started(client, "one", "two")
        await asyncio.sleep(0.02)
        tasks += await started(client, "three")
        third_started = True
        await asyncio.gather(*tasks)

    assert accepted == ["one", "two", "three"]


@pytest.mark.parametrize("named", [{"group_id": "g"}, {}])
async def test_a_refusal_for_good_is_raised(
    scripted: ScriptedServer, named: dict[str, str]
) -> None:
    """Also where the server repeats no group_id, since it was none."""
    too_long = {"code": "CONTENT_TOO_LONG", "number": 1002, "message": "too long"}

    async def answer(socket: ServerConnection, heard: dict[str, Any]) -> None:
        await socket.send(refusal(heard, **too_long, **named))

    scripted.scripts = [answering(scripted, answer)]
    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMError, match="too long") as raised:
            await client.send("g", "hi")

    assert (raised.value.number, raised.value.status) == (1002, None)


async def heard_until_silence(socket: ServerConnection) -> list[dict[str, Any]]:
    heard = []
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.05):
                heard.append(json.loads(await socket.recv()))
    return heard


async def test_not_everything_is_under_way_at_once(scripted: ScriptedServer) -> None:
    """Who has much to say does not flood the server, and half as much after a refusal."""
    waves: list[int] = []
    enough = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.send(scripted.connected(0))
        while len(waves) < 2:
            wave = await heard_until_silence(socket)
            if wave:
                waves.append(len(wave))
            for heard in wave:
                await socket.send(refusal(heard, group_id="g", **BUSY))
        enough.set()
        async for _ in socket:
            pass

    scripted.scripts = [script]
    async with client_of(scripted) as client:
        await client.connect()
        tasks = await started(client, *map(str, range(200)))
        async with asyncio.timeout(10):
            await enough.wait()
        for task in tasks:
            task.cancel()

    assert waves == [64, 32]


async def test_after_a_refusal_there_is_a_pause(scripted: ScriptedServer) -> None:
    heard_all: list[str] = []

    async def answer(socket: ServerConnection, heard: dict[str, Any]) -> None:
        heard_all.append(heard["content"])
        await socket.send(refusal(heard, group_id="g", **BUSY))

    scripted.scripts = [answering(scripted, answer)]
    async with client_of(
        scripted, ack_timeout=0.1, backoff_base=10_000, backoff_cap=10_000
    ) as client:
        await client.connect()
        with pytest.raises(IMUnacknowledgedError):
            await client.send("g", "hi")

    assert heard_all == ["hi"]


async def test_a_send_that_nobody_acknowledges_ends(scripted: ScriptedServer) -> None:
    scripted.scripts = [answering(scripted, silence)]

    async with client_of(scripted, ack_timeout=0.05) as client:
        await client.connect()
        with pytest.raises(IMUnacknowledgedError, match=r"within 0\.05 s") as raised:
            await client.send("g", "hi", client_msg_id="mine")

    assert (raised.value.client_msg_id, raised.value.sent) == ("mine", True)


async def test_a_send_without_connection_waits_and_then_says_that_it_was_not_sent(
    scripted: ScriptedServer,
) -> None:
    scripted.scripts = [scripted.says(scripted.connected(0), close=4001)]

    async with client_of(scripted, ack_timeout=0.05, backoff_base=1e6, backoff_cap=1e6) as client:
        await client.connect()
        await until_disconnected(client)
        with pytest.raises(IMUnacknowledgedError) as raised:
            await client.send("g", "hi")

    assert not raised.value.sent


async def test_after_an_unknown_end_the_same_id_can_be_sent_again(
    scripted: ScriptedServer,
) -> None:
    """A late answer to the first attempt is one to the second."""
    heard_ids: list[str] = []

    async def second_time(socket: ServerConnection, heard: dict[str, Any]) -> None:
        heard_ids.append(heard["client_msg_id"])
        if len(heard_ids) == 2:
            await socket.send(ack(heard))

    scripted.scripts = [answering(scripted, second_time)]
    async with client_of(scripted, ack_timeout=0.2) as client:
        await client.connect()
        with pytest.raises(IMUnacknowledgedError) as raised:
            await client.send("g", "hi")
        own_id = raised.value.client_msg_id
        assert (await client.send("g", "hi", own_id)).client_msg_id == own_id

    assert heard_ids == [own_id, own_id]


async def test_a_send_that_was_given_up_disturbs_nobody(scripted: ScriptedServer) -> None:
    async def slow(socket: ServerConnection, heard: dict[str, Any]) -> None:
        if heard["content"] == "last":
            await socket.send(ack(heard | {"client_msg_id": "given up"}))
            await socket.send(refusal({"client_msg_id": "given up"}, group_id="g", **BUSY))
            await socket.send(ack(heard, seq=2))

    scripted.scripts = [answering(scripted, slow)]
    async with client_of(scripted) as client:
        await client.connect()
        (sending,) = await started(client, "given up")
        await asyncio.sleep(0.02)
        sending.cancel()

        assert (await client.send("g", "last")).seq == 2


async def test_a_frame_above_the_servers_limit_is_not_sent(scripted: ScriptedServer) -> None:
    """The server would close the connection for good."""

    async def answer(socket: ServerConnection, heard: dict[str, Any]) -> None:
        await socket.send(ack(heard))

    scripted.scripts = [answering(scripted, answer)]
    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(IMError, match="at most 65536 bytes") as raised:
            await client.send("g", "x" * 65536)
        assert (await client.send("g", "short")).content == "short"

    assert raised.value.number == 1006


@pytest.mark.parametrize(
    ("content", "own_id", "words"),
    [
        ("hi", "", "1 to 64 printable"),
        ("hi", "x" * 65, "1 to 64 printable"),
        ("hi", "a\n", "1 to 64 printable"),
        ("\ud800", "a", "surrogate"),
    ],
)
async def test_what_could_not_be_answered_is_not_sent(
    scripted: ScriptedServer, content: str, own_id: str, words: str
) -> None:
    scripted.scripts = [answering(scripted, silence)]

    async with client_of(scripted) as client:
        await client.connect()
        with pytest.raises(ValueError, match=words):
            await client.send("g", content, own_id)


async def test_one_id_is_on_its_way_to_a_group_once_at_a_time(scripted: ScriptedServer) -> None:
    """To another group it is another message."""

    async def answer(socket: ServerConnection, heard: dict[str, Any]) -> None:
        if heard["group_id"] == "h":
            await socket.send(ack(heard))

    scripted.scripts = [answering(scripted, answer)]
    async with client_of(scripted) as client:
        await client.connect()
        (sending,) = await started(client, "a")
        with pytest.raises(ValueError, match="already on its way"):
            await client.send("g", "a", "a")
        assert (await client.send("h", "a", "a")).group_id == "h"
        assert not sending.done()
        sending.cancel()


async def test_a_client_that_never_connected_sends_nothing(scripted: ScriptedServer) -> None:
    async with client_of(scripted) as client:
        with pytest.raises(IMConnectionError, match=r"call connect\(\) first"):
            await client.send("g", "hi")
