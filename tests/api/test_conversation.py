"""v1 sessions over HTTP: `session_id` S is the group `session_S` of user S and the AI."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2

from tests.api.steps import MESSAGE, accepted, by, create_group, refusal, send, shape

Query = Mapping[str, Any]


async def say(http: httpx2.AsyncClient, session_id: str, content: str = "你好", **more: Any) -> Any:
    body = {"session_id": session_id, "content": content}
    return await http.post("/api/message/send", json=body, **more)


async def test_the_first_message_opens_the_session(http: httpx2.AsyncClient) -> None:
    """Its members are user S, as patient, and the AI assistant; S has sent the message."""
    sent = accepted(await say(http, "zhang"))
    group = accepted(await http.get("/api/group/session_zhang", headers=by("zhang")))
    members = accepted(await http.get("/api/group/session_zhang/members"))["members"]

    assert shape(sent) == MESSAGE | {"session_id"}
    assert (sent["group_id"], sent["session_id"]) == ("session_zhang", "zhang")
    assert (sent["seq"], sent["from_user_id"], sent["user_role"]) == (1, "zhang", "PATIENT")
    assert group["created_by"] == "zhang"
    assert [(m["user_id"], m["user_role"]) for m in members] == [
        ("zhang", "PATIENT"),
        ("ai_assistant_001", "AI_ASSISTANT"),
    ]


async def test_many_first_messages_open_one_session(http: httpx2.AsyncClient) -> None:
    """Sent at once by a user who was not there before: none is lost, and none opens another."""
    answers = await asyncio.gather(*(say(http, "zhang", f"{n}") for n in range(12)))
    mine = await asyncio.gather(*(say(http, "li", f"{n}", headers=by("li")) for n in range(12)))
    for sent in (answers, mine):
        assert len({accepted(answer)["seq"] for answer in sent}) == 12
    members = accepted(await http.get("/api/group/session_zhang/members"))
    assert members["total"] == 2


async def test_a_session_is_listed_and_read_without_a_named_caller(
    http: httpx2.AsyncClient,
) -> None:
    """As v1's own commands do, which send no header; and by S itself."""
    first, second = accepted(await say(http, "zhang")), accepted(await say(http, "zhang", "在吗"))
    assert second["seq"] > first["seq"]
    for headers in ({}, by("zhang")):
        query: Query = {"session_id": "zhang", "after_seq": 0, "limit": 1}
        page = accepted(await http.get("/api/message/list", params=query, headers=headers))
        assert page["messages"] == [first]
        found = await http.get(f"/api/message/{first['message_id']}", headers=headers)
        assert accepted(found) == first


async def test_a_session_belongs_to_its_user(http: httpx2.AsyncClient) -> None:
    """Another named caller neither sends to it nor reads it, and does not open it either."""
    sent = accepted(await say(http, "zhang"))
    eve = by("eve")

    assert refusal(await say(http, "zhang", headers=eve)) == (404, 3001)
    assert refusal(await say(http, "nobody_yet", headers=eve)) == (404, 3001)
    listing = await http.get("/api/message/list?session_id=zhang", headers=eve)
    assert refusal(listing) == (404, 3001)
    assert refusal(await http.get(f"/api/message/{sent['message_id']}", headers=eve)) == (404, 3002)
    assert refusal(await http.get("/api/message/list?session_id=nobody_yet")) == (404, 3001)


async def test_without_a_name_groups_stay_closed(http: httpx2.AsyncClient) -> None:
    """`default_user` reads every v1 session, but no group that it is not in."""
    group_id = await create_group_of(http, "dora")
    listing = await http.get("/api/message/list", params={"group_id": group_id})
    assert refusal(listing) == (404, 3001)


async def create_group_of(http: httpx2.AsyncClient, user_id: str) -> str:
    created = await http.post("/api/group/create", json={"group_name": "x"}, headers=by(user_id))
    return str(accepted(created)["group_id"])


async def test_a_session_is_a_group_like_others(http: httpx2.AsyncClient) -> None:
    """Its group_id works wherever one is asked for, and repeats are known by either name."""
    body = {"session_id": "zhang", "content": "x", "client_msg_id": "1"}
    first = accepted(await http.post("/api/message/send", json=body))
    again = {"group_id": "session_zhang", "content": "x", "client_msg_id": "1"}
    second = accepted(await http.post("/api/message/send", json=again, headers=by("zhang")))
    groups = accepted(await http.get("/api/user/zhang/groups"))["groups"]

    assert second == first | {"duplicate": True}
    assert [group["group_id"] for group in groups] == ["session_zhang"]


async def test_the_longest_and_the_strangest_session_ids_work(http: httpx2.AsyncClient) -> None:
    """48 characters of any script; the AI's own name makes a session without a patient."""
    for session_id in ("张" * 48, "a.b-c_d@e:f", "%41", "ai_assistant_001"):
        sent = accepted(await say(http, session_id))
        query: Query = {"session_id": session_id, "before_seq": 2}
        page = accepted(await http.get("/api/message/list", params=query))
        assert page["messages"] == [sent]


async def test_messages_outside_sessions_name_no_session(http: httpx2.AsyncClient) -> None:
    """The field is v1's alone."""
    assert "session_id" not in await send(http, await create_group(http), "x")
