import asyncio

import pytest

from im_client import (
    AiReply,
    Connected,
    IMClient,
    IMClosedError,
    IMConnectionError,
    IMError,
    MemberAdded,
    MessageSent,
    Pong,
    Position,
    Reconnecting,
)
from tests.im_client.clients import Open, Server, next_of, stored


async def test_connecting_tells_the_groups(open_client: Open, ward: str) -> None:
    pat = await open_client("pat")

    connected = await next_of(pat, Connected)

    assert connected.user_id == "pat"
    assert connected.groups[ward].user_role == "PATIENT"


async def test_an_acknowledged_message_is_stored(open_client: Open, ward: str) -> None:
    pat = await open_client("pat")

    sent = await pat.send(ward, "hello", client_msg_id="mine")

    assert (sent.content, sent.client_msg_id, sent.user_role) == ("hello", "mine", "PATIENT")
    assert (await pat.history(ward, limit=1, after_seq=sent.seq - 1))[0].msg_content == "hello"


async def test_others_receive_the_message_without_its_client_msg_id(
    open_client: Open, ward: str
) -> None:
    pat, dora = await open_client("pat"), await open_client("dora")

    sent = await pat.send(ward, "hello")
    received = await next_of(dora, MessageSent)

    assert received.message_id == sent.message_id
    assert received.client_msg_id is None


async def test_a_session_without_group_is_answered(open_client: Open) -> None:
    """The first design: one user talks to the AI."""
    pat = await open_client("solo")

    sent = await pat.send(None, "hello")
    reply = await next_of(pat, AiReply)

    assert sent.group_id == reply.group_id == "session_solo"
    assert reply.user_message_id == sent.message_id
    assert reply.content == "hello"


async def test_a_repeated_send_is_acknowledged_and_not_shown_again(
    open_client: Open, ward: str
) -> None:
    dora = await open_client("dora")

    first = await dora.send(ward, "hello", client_msg_id="mine")
    again = await dora.send(ward, "hello", client_msg_id="mine")
    last = await dora.send(ward, "bye")

    assert again.duplicate
    assert (again.message_id, again.seq) == (first.message_id, first.seq)
    assert [m.seq for m in await stored(dora, 2)] == [first.seq, last.seq]


@pytest.mark.parametrize(("content", "number"), [("", 1001), ("x" * 5001, 1002)])
async def test_a_refused_send_raises_the_servers_words(
    open_client: Open, ward: str, content: str, number: int
) -> None:
    dora = await open_client("dora")

    with pytest.raises(IMError) as raised:
        await dora.send(ward, content)

    assert raised.value.number == number
    assert raised.value.message
    assert (await dora.send(ward, "still here")).content == "still here"


async def test_a_send_to_no_group_of_ones_own_is_refused(open_client: Open) -> None:
    stranger = await open_client("stranger")

    with pytest.raises(IMError, match="3001"):
        await stranger.send("group_of_nobody", "hello")


async def test_a_message_can_be_an_image_that_answers_another(open_client: Open, ward: str) -> None:
    dora = await open_client("dora")
    first = await dora.send(ward, "which?")

    image = "https://example.org/x.png"
    sent = await dora.send(ward, image, msg_type="IMAGE", reply_to_message_id=first.message_id)

    assert (sent.msg_type, sent.reply_to_message_id) == ("IMAGE", first.message_id)


@pytest.mark.parametrize("user_id", ["张三", "müller", "a.b-c_d@e:f", "..", "50%", "名" * 48])
async def test_whoever_the_server_knows_can_be_the_caller(
    server: Server, open_client: Open, user_id: str
) -> None:
    """One name is one user, over HTTP and on the socket."""
    client = await open_client(user_id)
    group = await client.create_group("own")

    assert (await client.send(group.group_id, "hi")).from_user_id == user_id
    assert [g.group_id for g in await client.groups()] == [group.group_id]
    assert (await next_of(client, Connected)).user_id == user_id


async def test_two_members_see_the_same_order(open_client: Open, ward: str) -> None:
    dora, dick = await open_client("dora"), await open_client("dick")
    await dora.add_member(ward, "dick", "DOCTOR")
    await next_of(dick, MemberAdded)

    sends = [client.send(ward, f"m{n}") for n in range(10) for client in (dora, dick)]
    await asyncio.gather(*sends)
    seen_by_dora, seen_by_dick = await stored(dora, 20), await stored(dick, 20)

    assert [m.message_id for m in seen_by_dora] == [m.message_id for m in seen_by_dick]
    assert [m.seq for m in seen_by_dora] == list(range(1, 21))


async def test_a_lost_connection_comes_back_with_what_was_missed(
    server: Server, open_client: Open, ward: str
) -> None:
    dora = await open_client("dora")
    first = await dora.send(ward, "before")
    assert (await next_of(dora, MessageSent)).seq == first.seq

    await server.ws_close_all(4001)
    async with IMClient(server.url, "dora") as other_device:
        missed = [await other_device.send_http(ward, f"missed {n}") for n in range(30)]
    await next_of(dora, Reconnecting)
    seen = await stored(dora, 30)
    live = await dora.send(ward, "after")

    assert [m.message_id for m in seen] == [m.message_id for m in missed]
    assert (await stored(dora, 1))[0].message_id == live.message_id


async def test_a_long_absence_ends_with_every_message(
    server: Server, open_client: Open, ward: str
) -> None:
    """More than one `sync_result` tells of."""
    dora = await open_client("dora")
    async with IMClient(server.url, "dora") as writer:
        await writer.connect()
        sends = [writer.send(ward, f"m{number}") for number in range(510)]
        await asyncio.gather(*sends)
    newcomer = await open_client("dora", start="beginning")

    seen, live = await stored(newcomer, 510, ward), await stored(dora, 510, ward)

    assert [m.seq for m in seen] == list(range(1, 511))
    assert [(m.message_id, m.content) for m in seen] == [(m.message_id, m.content) for m in live]


async def test_a_program_comes_back_to_where_it_was(
    server: Server, open_client: Open, ward: str
) -> None:
    """What it had received and not taken counts as missed."""
    dora = await open_client("dora")
    for number in range(1, 11):
        await dora.send(ward, f"m{number}")
    await stored(dora, 4)
    assert dora.position is not None
    saved = dora.position.to_json()
    await dora.close()
    async with IMClient(server.url, "dora") as other_device:
        await other_device.send_http(ward, "m11")

    again = await open_client("dora", position=Position.from_json(saved))

    assert [m.content for m in await stored(again, 7)] == [f"m{n}" for n in range(5, 12)]


async def test_nothing_is_lost_or_repeated_while_connections_break(
    server: Server, open_client: Open, ward: str
) -> None:
    dora = await open_client("dora")

    async def write() -> None:
        async with IMClient(server.url, "dora") as other_device:
            for number in range(60):
                await other_device.send_http(ward, f"m{number}")

    writing = asyncio.create_task(write())
    for _ in range(3):
        await asyncio.sleep(0.05)
        await server.ws_close_all(4008)
    await writing

    assert [m.seq for m in await stored(dora, 60)] == list(range(1, 61))


async def test_a_final_close_ends_the_events(server: Server, open_client: Open) -> None:
    pat = await open_client("pat")
    await next_of(pat, Connected)

    await server.ws_close_all(4503)

    with pytest.raises(IMClosedError) as raised:
        await next_of(pat, Reconnecting)
    assert raised.value.code == 4503


async def test_a_ping_is_answered(open_client: Open) -> None:
    pat = await open_client("pat")

    await pat.ping()

    assert await next_of(pat, Pong) == Pong()


async def test_no_server_is_told_with_its_address(unused_tcp_port: int) -> None:
    """The first attempt is not repeated."""
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with IMClient(url) as client:
        with pytest.raises(IMConnectionError, match=url):
            await client.connect()
        with pytest.raises(IMConnectionError, match="not connected"):
            await client.ping()
