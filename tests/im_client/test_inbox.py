"""A program that does not read, or not yet."""

import asyncio

from im_client import AiReplyDelta, Connected, IMClient, MemberRemoved, MessageSent
from tests.im_client.clients import Open, Server
from tests.im_client.scripted import ScriptedServer, client_of, collect, frame, seqs


async def test_sends_are_acknowledged_though_nobody_reads(
    server: Server, open_client: Open, ward: str
) -> None:
    """Messages beyond the buffer stay at the server; they come when they are read, each once."""
    dora = await open_client("dora", buffer_limit=3)
    async with IMClient(server.url, "dora") as other_device:
        for number in range(1, 31):
            await other_device.send_http(ward, f"m{number}")
    sent = [await dora.send(ward, f"own {number}") for number in range(1, 121)]

    events = await collect(dora, 150)

    assert sent[-1].seq == 150
    assert seqs(events) == list(range(1, 151))


async def test_a_reader_that_sends_for_each_message_gets_through_a_long_absence(
    server: Server, open_client: Open, ward: str
) -> None:
    """The acknowledgement it waits for is behind messages that it has no room for."""
    dora = await open_client("dora", buffer_limit=2, start="beginning")
    async with IMClient(server.url, "pat") as pat:
        for number in range(30):
            await pat.send_http(ward, f"m{number}")
    answered: list[str] = []
    async with asyncio.timeout(20):
        async for event in dora.events():
            if isinstance(event, MessageSent) and event.from_user_id == "pat":
                answered.append((await dora.send(ward, f"to {event.content}")).content)
            if len(answered) == 30:
                break

    assert answered == [f"to m{number}" for number in range(30)]


async def test_pieces_of_replies_are_dropped_when_nobody_reads(scripted: ScriptedServer) -> None:
    deltas = [
        frame("ai_reply_delta", stream_id="s", group_id="g", n=n, offset=n, text="x")
        for n in range(10)
    ]
    scripted.stored = [1]
    scripted.scripts = [scripted.says(scripted.connected(0), *deltas, scripted.live(1))]

    async with client_of(scripted, buffer_limit=3, deltas=True) as client:
        await client.connect()
        await asyncio.sleep(0.05)
        events = await collect(client, 1)

    assert [event.n for event in events if isinstance(event, AiReplyDelta)] == [0, 1]
    assert isinstance(events[0], Connected)


async def test_messages_beyond_the_buffer_are_fetched_when_they_are_read(
    scripted: ScriptedServer,
) -> None:
    """They take no memory here until then."""
    scripted.stored = list(range(1, 301))
    live = (scripted.live(seq) for seq in scripted.stored)
    scripted.scripts = [scripted.says(scripted.connected(0), *live)]

    async with client_of(scripted, buffer_limit=3) as client:
        await client.connect()
        await asyncio.sleep(0.2)
        assert seqs(await collect(client, 300)) == scripted.stored

    assert scripted.syncs


async def test_a_change_of_members_is_never_dropped(scripted: ScriptedServer) -> None:
    removed = [
        frame("member_removed", group_id="g", user_id=f"u{n}", user_role="PATIENT")
        for n in range(10)
    ]
    scripted.scripts = [scripted.says(scripted.connected(0), *removed, scripted.live(1))]

    async with client_of(scripted, buffer_limit=3) as client:
        await client.connect()
        await asyncio.sleep(0.05)
        events = await collect(client, 1)

    assert sum(isinstance(event, MemberRemoved) for event in events) == 10
