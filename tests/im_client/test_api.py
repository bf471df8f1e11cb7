import pytest

from im_client import IMClient, IMConnectionError, IMError
from tests.im_client.clients import Server


async def test_a_created_user_is_told_with_its_new_id(server: Server) -> None:
    async with IMClient(server.url) as client:
        user = await client.create_user("Pat", "PATIENT")

    assert (user.username, user.user_role) == ("Pat", "PATIENT")
    assert user.user_id.startswith("user_")
    assert user.created_at.utcoffset() is not None


async def test_a_group_has_its_maker_as_doctor(server: Server) -> None:
    async with IMClient(server.url, "dora") as client:
        group = await client.create_group("ward", "first floor")
        members = await client.members(group.group_id)

    assert (group.group_name, group.description, group.last_seq) == ("ward", "first floor", 0)
    assert [(m.user_id, m.user_role) for m in members] == [("dora", "DOCTOR")]


async def test_the_group_with_the_latest_message_comes_first(server: Server) -> None:
    async with IMClient(server.url, "dora") as client:
        older = await client.create_group("older")
        await client.create_group("newer")
        await client.send_http(older.group_id, "hello")
        groups = await client.groups()

    assert [group.group_name for group in groups][:2] == ["older", "newer"]
    assert groups[0].user_role == "DOCTOR"
    assert groups[0].last_message is not None
    assert groups[0].last_message.msg_content == "hello"


async def test_history_is_oldest_first_from_every_position(server: Server) -> None:
    async with IMClient(server.url, "dora") as client:
        group_id = (await client.create_group("ward")).group_id
        for number in range(1, 8):
            await client.send_http(group_id, f"m{number}")
        newest = await client.history(group_id, limit=3)
        before = await client.history(group_id, limit=2, before_seq=5)
        after = await client.history(group_id, limit=2, after_seq=5)
        whole = await client.history(group_id)

    assert [m.seq for m in newest] == [5, 6, 7]
    assert [m.seq for m in before] == [3, 4]
    assert [m.msg_content for m in after] == ["m6", "m7"]
    assert [m.seq for m in whole] == list(range(1, 8))


async def test_a_send_without_group_goes_to_the_session_of_the_caller(server: Server) -> None:
    async with IMClient(server.url, "pat") as client:
        message = await client.send_http(None, "hello")

    assert (message.group_id, message.from_user_id) == ("session_pat", "pat")


async def test_a_message_can_answer_another(server: Server) -> None:
    async with IMClient(server.url, "dora") as client:
        group_id = (await client.create_group("ward")).group_id
        first = await client.send_http(group_id, "which?")
        image = "https://example.org/x.png"
        answer = await client.send_http(
            group_id, image, msg_type="IMAGE", reply_to_message_id=first.message_id
        )

    assert (answer.msg_type, answer.reply_to_message_id) == ("IMAGE", first.message_id)


async def test_a_repeated_send_gives_the_first_message_back(server: Server) -> None:
    async with IMClient(server.url, "dora") as client:
        group_id = (await client.create_group("ward")).group_id
        first = await client.send_http(group_id, "hello", "id1")
        again = await client.send_http(group_id, "hello", "id1")
        with pytest.raises(IMError) as raised:
            await client.send_http(group_id, "other", "id1")

    assert (first.duplicate, again.duplicate) == (None, True)
    assert (again.message_id, again.seq) == (first.message_id, first.seq)
    assert (raised.value.code, raised.value.status) == ("CLIENT_MSG_ID_CONFLICT", 409)


async def test_what_the_ai_did_is_told_per_message(server: Server) -> None:
    async with IMClient(server.url, "curious") as client:
        message = await client.send_http(None, "hello")
        records = await client.interactions(message.group_id)

    assert [record.user_message_id for record in records] == [message.message_id]


async def test_a_refusal_carries_the_servers_words(server: Server) -> None:
    async with IMClient(server.url, "pat") as client:
        with pytest.raises(IMError) as raised:
            await client.members("group_of_nobody")

    error = raised.value
    assert (error.code, error.number, error.status) == ("GROUP_NOT_FOUND", 3001, 404)
    assert error.message
    assert error.request_id
    assert not error.retryable


async def test_a_group_of_others_looks_like_none(server: Server, ward: str) -> None:
    async with IMClient(server.url, "stranger") as client:
        with pytest.raises(IMError) as raised:
            await client.history(ward)

    assert raised.value.number == 3001


async def test_no_server_is_told_with_its_address(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with IMClient(url) as client:
        with pytest.raises(IMConnectionError, match=url):
            await client.groups()
