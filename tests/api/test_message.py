"""Sending one message and reading one; pages are in test_message_list.py."""

import asyncio
import re

import httpx2
import pytest

from tests.api.steps import (
    JSON,
    LONE_SURROGATE,
    MESSAGE,
    Refusal,
    accepted,
    by,
    create_group,
    create_user,
    create_ward,
    join,
    raw,
    refusal,
    send,
    shape,
    total,
)

EMOJI = "\N{GRINNING FACE}"
IMAGE_URL = "https://example.com/x-ray.png?size=1#top"


async def test_a_sent_message_has_the_shape_of_the_contract(http: httpx2.AsyncClient) -> None:
    """What `send` answers is what a later `get` answers, with nothing in it that is not there."""
    group_id = await create_group(http)
    sent = await send(http, group_id, " 测试消息\n")

    assert shape(sent) == MESSAGE
    assert re.fullmatch(r"msg_\d{14}[0-9a-f]{16,}", sent["message_id"])
    assert len(sent["message_id"]) <= 64
    assert (sent["group_id"], sent["seq"], sent["from_user_id"]) == (group_id, 1, "default_user")
    assert (sent["msg_type"], sent["msg_content"]) == ("TEXT", " 测试消息\n")
    assert (sent["user_role"], sent["client_msg_id"]) == ("DOCTOR", None)
    assert accepted(await http.get(f"/api/message/{sent['message_id']}")) == sent


async def test_messages_are_numbered_without_a_gap(http: httpx2.AsyncClient) -> None:
    """Each group by itself, whoever sends, and refused messages take no number."""
    group_id, patient = await create_ward(http)
    other = await create_group(http)
    seqs = [
        (await send(http, group_id, "a"))["seq"],
        (await send(http, other, "b"))["seq"],
        (await send(http, group_id, "c", client_msg_id="c"))["seq"],
    ]
    conflict = {"group_id": group_id, "content": "other", "client_msg_id": "c"}
    assert refusal(await http.post("/api/message/send", json=conflict)) == (409, 1005)
    body = {"group_id": group_id, "content": "d"}
    patients = await http.post("/api/message/send", json=body, headers=by(patient))

    assert [*seqs, accepted(patients)["seq"]] == [1, 1, 2, 3]
    assert accepted(patients)["from_user_id"] == patient


async def test_5000_characters_pass_and_one_more_does_not(http: httpx2.AsyncClient) -> None:
    """Counted as code points: an emoji is one, however many bytes it has."""
    group_id = await create_group(http)
    for longest in ("x" * 5000, EMOJI * 5000):
        sent = await send(http, group_id, longest)
        assert sent["msg_content"] == longest
        body = {"group_id": group_id, "content": longest + longest[0]}
        assert refusal(await http.post("/api/message/send", json=body)) == (400, 1002)
    assert await total(http, group_id) == 2


async def test_an_image_is_an_address(http: httpx2.AsyncClient) -> None:
    """The content of an IMAGE is stored as it came."""
    sent = await send(http, await create_group(http), IMAGE_URL, msg_type="IMAGE")
    assert (sent["msg_type"], sent["msg_content"]) == ("IMAGE", IMAGE_URL)


async def test_a_message_may_answer_another_of_its_group(http: httpx2.AsyncClient) -> None:
    """The field is there only where it says something."""
    group_id, other = await create_group(http), await create_group(http)
    first = await send(http, group_id, "question")
    answer = await send(http, group_id, "answer", reply_to_message_id=first["message_id"])
    elsewhere = await send(http, other, "elsewhere")

    assert shape(answer) == MESSAGE | {"reply_to_message_id"}
    assert answer["reply_to_message_id"] == first["message_id"]
    for message_id in ("msg_none", elsewhere["message_id"]):
        body = {"group_id": group_id, "content": "x", "reply_to_message_id": message_id}
        assert refusal(await http.post("/api/message/send", json=body)) == (404, 3002)
    assert await total(http, group_id) == 2


async def test_a_repeated_client_msg_id_gets_the_first_message_back(
    http: httpx2.AsyncClient,
) -> None:
    """Unchanged but for `duplicate`, however often; of the longest ids as well."""
    group_id = await create_group(http)
    for client_msg_id in ("1", "消息" * 32):
        first = await send(http, group_id, "hello", client_msg_id=client_msg_id)
        again = await send(http, group_id, "hello", client_msg_id=client_msg_id)
        assert first["client_msg_id"] == client_msg_id
        assert shape(first) == MESSAGE
        assert again == first | {"duplicate": True}
    assert await total(http, group_id) == 2


async def test_a_client_msg_id_with_another_content_is_a_conflict(
    http: httpx2.AsyncClient,
) -> None:
    """Another text, type or reply is another content; the first message stays as it is."""
    group_id = await create_group(http)
    first = await send(http, group_id, IMAGE_URL, client_msg_id="1")
    others = [
        {"content": "other"},
        {"content": IMAGE_URL, "msg_type": "IMAGE"},
        {"content": IMAGE_URL, "reply_to_message_id": first["message_id"]},
    ]
    for other in others:
        body = {"group_id": group_id, "client_msg_id": "1", **other}
        assert refusal(await http.post("/api/message/send", json=body)) == (409, 1005)
    assert accepted(await http.get(f"/api/message/{first['message_id']}")) == first
    assert await total(http, group_id) == 1


async def test_a_client_msg_id_belongs_to_its_sender_and_group(http: httpx2.AsyncClient) -> None:
    """Another sender's, or the same in another group, is another message."""
    group_id, patient = await create_ward(http)
    body = {"group_id": group_id, "content": "mine", "client_msg_id": "1"}
    first = await send(http, group_id, "yours", client_msg_id="1")
    patients = accepted(await http.post("/api/message/send", json=body, headers=by(patient)))
    elsewhere = await send(http, await create_group(http), "there", client_msg_id="1")

    assert len({m["message_id"] for m in (first, patients, elsewhere)}) == 3


async def test_one_client_msg_id_sent_many_times_at_once_is_one_message(
    http: httpx2.AsyncClient,
) -> None:
    """Retries that overtake each other: one is stored, all others are told it is a repeat."""
    group_id = await create_group(http)
    sent = await asyncio.gather(*(send(http, group_id, "x", client_msg_id="1") for _ in range(16)))

    assert len({message["message_id"] for message in sent}) == 1
    assert sum("duplicate" in message for message in sent) == 15
    assert await total(http, group_id) == 1


async def test_only_members_send(http: httpx2.AsyncClient) -> None:
    """For everybody else the group does not exist, and nothing is stored."""
    group_id, patient = await create_ward(http)
    body = {"group_id": group_id, "content": "x"}
    assert refusal(await http.post("/api/message/send", json=body, headers=by("eve"))) == (
        404,
        3001,
    )
    accepted(await http.delete(f"/api/group/{group_id}/members/{patient}"))
    assert refusal(await http.post("/api/message/send", json=body, headers=by(patient))) == (
        404,
        3001,
    )
    body["group_id"] = "group_none"
    assert refusal(await http.post("/api/message/send", json=body)) == (404, 3001)
    assert await total(http, group_id) == 0


async def test_only_members_read_a_message(http: httpx2.AsyncClient) -> None:
    """A stranger is told the same as for a message that is not there."""
    group_id, patient = await create_ward(http)
    sent = await send(http, group_id, "x")
    path = f"/api/message/{sent['message_id']}"

    assert accepted(await http.get(path, headers=by(patient))) == sent
    stranger = await http.get(path, headers=by("eve"))
    nothing = await http.get("/api/message/msg_none")
    assert refusal(stranger) == refusal(nothing) == (404, 3002)
    assert stranger.json()["error"]["message"] == nothing.json()["error"]["message"]


async def test_routing_looks_at_the_role_in_the_group(http: httpx2.AsyncClient) -> None:
    """A message tells the role that its sender had in this group when it was sent."""
    group_id, user_id = await create_group(http), await create_user(http, "PATIENT")
    await join(http, group_id, user_id, "DOCTOR")
    body = {"group_id": group_id, "content": "x"}
    sent = accepted(await http.post("/api/message/send", json=body, headers=by(user_id)))

    assert sent["user_role"] == "DOCTOR"


WRONG: list[tuple[dict[str, object], Refusal]] = [
    ({"group_id": "g"}, (400, 1001)),
    ({"group_id": "g", "content": ""}, (400, 1001)),
    ({"group_id": "g", "content": " \n\t\u3000\u00a0"}, (400, 1001)),
    ({"group_id": "g", "content": None}, (400, 1004)),
    ({"group_id": "g", "content": 5}, (400, 1004)),
    ({"group_id": "g", "content": ["x"]}, (400, 1004)),
    ({"group_id": "g", "content": {"text": "x"}}, (400, 1004)),
    ({"group_id": "g", "content": True}, (400, 1004)),
    ({"group_id": "g", "content": "a\x00b"}, (400, 1004)),
    ({"group_id": "g", "content": f"a{LONE_SURROGATE}b"}, (400, 1004)),
    ({"group_id": "g", "content": "x" * 5001}, (400, 1002)),
    ({}, (400, 1001)),
    ({"content": "x"}, (400, 1003)),
    ({"content": "x", "group_id": None}, (400, 1003)),
    ({"content": "x", "group_id": None, "session_id": None}, (400, 1003)),
    ({"content": "x", "group_id": ""}, (400, 1004)),
    ({"content": "x", "group_id": "a b"}, (400, 1004)),
    ({"content": "x", "group_id": "g\x00"}, (400, 1004)),
    ({"content": "x", "group_id": LONE_SURROGATE}, (400, 1004)),
    ({"content": "x", "group_id": "g" * 65}, (400, 1004)),
    ({"content": "x", "group_id": 5}, (400, 1004)),
    ({"content": "x", "group_id": ["g"]}, (400, 1004)),
    ({"content": "x", "session_id": ""}, (400, 1004)),
    ({"content": "x", "session_id": "s" * 49}, (400, 1004)),
    ({"content": "x", "session_id": "a/b"}, (400, 1004)),
    ({"content": "x", "session_id": "s\x00"}, (400, 1004)),
    ({"content": "x", "session_id": LONE_SURROGATE}, (400, 1004)),
    ({"content": "x", "session_id": 5}, (400, 1004)),
    ({"content": "x", "group_id": "g", "session_id": "s"}, (400, 1004)),
    ({"content": "x", "group_id": "g", "msg_type": "AI_REPLY"}, (400, 1004)),
    ({"content": "x", "group_id": "g", "msg_type": "text"}, (400, 1004)),
    ({"content": "x", "group_id": "g", "msg_type": None}, (400, 1004)),
    ({"content": "not an address", "group_id": "g", "msg_type": "IMAGE"}, (400, 1004)),
    ({"content": "https://", "group_id": "g", "msg_type": "IMAGE"}, (400, 1004)),
    ({"content": "javascript:alert(1)", "group_id": "g", "msg_type": "IMAGE"}, (400, 1004)),
    ({"content": "https://a.b/\nc", "group_id": "g", "msg_type": "IMAGE"}, (400, 1004)),
    ({"content": " https://a.b/c", "group_id": "g", "msg_type": "IMAGE"}, (400, 1004)),
    ({"content": "https://a b/c", "group_id": "g", "msg_type": "IMAGE"}, (400, 1004)),
    ({"content": "  ", "group_id": "g", "msg_type": "IMAGE"}, (400, 1001)),
    ({"content": "x", "group_id": "g", "client_msg_id": ""}, (400, 1004)),
    ({"content": "x", "group_id": "g", "client_msg_id": "c" * 65}, (400, 1004)),
    ({"content": "x", "group_id": "g", "client_msg_id": "c\x00"}, (400, 1004)),
    ({"content": "x", "group_id": "g", "client_msg_id": LONE_SURROGATE}, (400, 1004)),
    ({"content": "x", "group_id": "g", "client_msg_id": 1}, (400, 1004)),
    ({"content": "x", "group_id": "g", "reply_to_message_id": ""}, (400, 1004)),
    ({"content": "x", "group_id": "g", "reply_to_message_id": "m" * 65}, (400, 1004)),
    ({"content": "x", "group_id": "g", "reply_to_message_id": "m\x00"}, (400, 1004)),
    ({"content": "x", "group_id": "g", "reply_to_message_id": LONE_SURROGATE}, (400, 1004)),
    ({"content": "x", "group_id": "g", "reply_to_message_id": 1}, (400, 1004)),
    ({"content": "x", "group_id": "g", "clientMsgId": "1"}, (400, 1004)),
    ({"content": "x", "group_id": "g", "from_user_id": "eve"}, (400, 1004)),
    ({"content": "x", "group_id": "g", "seq": 1}, (400, 1004)),
    ({"content": "x", "group_id": "g", LONE_SURROGATE: 1}, (400, 1004)),
]


@pytest.mark.parametrize(("body", "expected"), WRONG, ids=[repr(body)[:60] for body, _ in WRONG])
def test_a_wrong_message_is_refused(
    shared: httpx2.Client, body: dict[str, object], expected: Refusal
) -> None:
    """Empty, too long, of the wrong type, missing, unknown, or of a form no database keeps."""
    answer = shared.post("/api/message/send", content=raw(body), headers=JSON)
    assert refusal(answer) == expected


@pytest.mark.parametrize("message_id", ["%00", "a%20b", "a%23b", "m" * 65])
def test_a_path_that_holds_no_message_id_is_refused(shared: httpx2.Client, message_id: str) -> None:
    """Blanks, control characters, ? and #, and more than 64 characters."""
    assert refusal(shared.get(f"/api/message/{message_id}")) == (400, 1004)
