from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from tests.api.steps import (
    JSON,
    LONE_SURROGATE,
    MESSAGE,
    RECORD,
    accepted,
    by,
    create_group,
    create_ward,
    raw,
    refusal,
    send,
    shape,
)
from tests.support.waiting import eventually

NOBODY_LISTENS = "http://127.0.0.1:9/chat"
Page = dict[str, Any]


async def interactions(http: httpx2.AsyncClient, group_id: str, **query: Any) -> Page:
    answer = await http.get("/api/ai/interactions", params={"group_id": group_id, **query})
    page = accepted(answer)
    assert set(page) == {"records", "total", "page", "page_size"}
    return page


async def ask(http: httpx2.AsyncClient, group_id: str, patient: str, content: str) -> Any:
    body = {"group_id": group_id, "content": content}
    return accepted(await http.post("/api/message/send", json=body, headers=by(patient)))


async def finished(http: httpx2.AsyncClient, group_id: str, count: int) -> list[dict[str, Any]]:
    """The group's records, once there are so many and none is in progress."""

    async def look() -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = (await interactions(http, group_id))["records"]
        return records

    return await eventually(
        look, lambda found: len(found) == count and all(r["status"] for r in found)
    )


async def test_an_answered_message_leaves_a_record_and_a_reply(http: httpx2.AsyncClient) -> None:
    """Both in the shape of the contract, and each names the other."""
    group_id, patient = await create_ward(http)
    question = await ask(http, group_id, patient, "你好")
    (record,) = await finished(http, group_id, 1)
    reply = accepted(await http.get(f"/api/message/{record['ai_message_id']}"))

    assert shape(record) == RECORD
    assert (record["status"], record["attempts"]) == (1, 1)
    assert (record["group_id"], record["user_message_id"]) == (group_id, question["message_id"])
    assert (record["error_number"], record["error_message"]) == (None, None)
    assert record["duration_ms"] >= 0
    assert record["ai_service_url"].startswith("http://127.0.0.1:")
    assert shape(reply) == MESSAGE | {"reply_to_message_id", "finish_reason"}
    assert (reply["msg_type"], reply["msg_content"]) == ("AI_REPLY", "你好")
    assert (reply["from_user_id"], reply["user_role"]) == ("ai_assistant_001", "AI_ASSISTANT")
    assert (reply["seq"], reply["reply_to_message_id"]) == (2, question["message_id"])
    assert reply["finish_reason"] == "complete"


async def test_only_what_patients_say_is_recorded(http: httpx2.AsyncClient) -> None:
    """A doctor's message goes to people only; records come newest first, by page."""
    group_id, patient = await create_ward(http)
    await send(http, group_id, "from the doctor")
    for number in range(3):
        await ask(http, group_id, patient, f"question {number}")
        records = await finished(http, group_id, number + 1)
    pages = [await interactions(http, group_id, page=n, page_size=2) for n in (1, 2, 3)]

    assert [record["id"] for record in records] == sorted((r["id"] for r in records), reverse=True)
    assert [page["records"] for page in pages] == [records[:2], records[2:], []]
    assert {(p["total"], p["page_size"]) for p in pages} == {(3, 2)}
    assert [page["page"] for page in pages] == [1, 2, 3]
    assert (await interactions(http, group_id, status=1))["total"] == 3
    assert (await interactions(http, group_id, status=2))["records"] == []


async def test_records_of_a_session_are_read_by_its_id(http: httpx2.AsyncClient) -> None:
    """The same records under v1's path, without a named caller and by S itself."""
    sent = accepted(
        await http.post("/api/message/send", json={"session_id": "zhang", "content": "你好"})
    )
    (record,) = await finished(http, "session_zhang", 1)
    for headers in ({}, by("zhang")):
        answer = await http.get("/api/ai/records?session_id=zhang&page=1", headers=headers)
        page = accepted(answer)
        assert page == {"records": [record], "total": 1, "page": 1, "page_size": 20}
    assert shape(record) == RECORD | {"session_id"}
    assert (record["session_id"], record["user_message_id"]) == ("zhang", sent["message_id"])


async def test_records_of_others_are_not_found(http: httpx2.AsyncClient) -> None:
    """For a stranger the group has none, as it does not exist."""
    group_id = await create_group(http)
    assert await interactions(http, group_id) == {
        "records": [],
        "total": 0,
        "page": 1,
        "page_size": 20,
    }
    for group in (group_id, "group_none"):
        query = {"group_id": group}
        answer = await http.get("/api/ai/interactions", params=query, headers=by("eve"))
        assert refusal(answer) == (404, 3001)
    for headers in ({}, by("eve")):
        answer = await http.get("/api/ai/records?session_id=nobody", headers=headers)
        assert refusal(answer) == (404, 3001)


async def test_the_ai_service_can_be_tried(http: httpx2.AsyncClient) -> None:
    """One real call, with the given message or one of the service's own; nothing is stored."""
    said = accepted(await http.post("/api/ai/test", json={"message": "你好"}))
    own = accepted(await http.post("/api/ai/test"))
    empty = accepted(await http.post("/api/ai/test", json={}))

    assert set(said) == set(own) == set(empty) == {"ok", "duration_ms", "reply"}
    assert (said["ok"], said["reply"]) == (True, "你好")
    assert own["reply"]
    assert isinstance(said["duration_ms"], int)


@pytest.mark.parametrize("server_settings", [{"ai_service_url": NOBODY_LISTENS}], ids=["dead-ai"])
async def test_a_dead_ai_service_is_told_and_recorded(http: httpx2.AsyncClient) -> None:
    """As an answer of `test`, and as a failed record with the number of its error."""
    tried = accepted(await http.post("/api/ai/test"))
    assert set(tried) == {"ok", "duration_ms", "error"}
    assert tried["ok"] is False
    assert set(tried["error"]) == {"code", "number", "message"}
    assert (tried["error"]["code"], tried["error"]["number"]) == ("AI_SERVICE_FAILED", 4001)

    group_id, patient = await create_ward(http)
    await ask(http, group_id, patient, "你好")
    (record,) = await finished(http, group_id, 1)
    assert shape(record) == RECORD
    assert (record["status"], record["ai_message_id"]) == (2, None)
    assert (record["error_number"], record["ai_service_url"]) == (4001, NOBODY_LISTENS)
    assert record["error_message"]
    assert (await interactions(http, group_id, status=2))["total"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/ai/interactions?group_id=g"),
        ("GET", "/api/ai/records?session_id=s"),
        ("POST", "/api/ai/test"),
    ],
)
def test_without_an_ai_service_the_layer_says_so(
    shared: httpx2.Client, method: str, path: str
) -> None:
    """503 with 4004: an operator can change it, waiting cannot."""
    assert refusal(shared.request(method, path)) == (503, 4004)


WRONG: list[tuple[str, Mapping[str, Any], int]] = [
    ("interactions", {}, 1003),
    ("interactions", {"group_id": ""}, 1004),
    ("interactions", {"group_id": "g\x00"}, 1004),
    ("interactions", {"group_id": "g" * 65}, 1004),
    ("interactions", {"group_id": "g", "page": 0}, 1004),
    ("interactions", {"group_id": "g", "page_size": 101}, 1004),
    ("interactions", {"group_id": "g", "page": 10**30}, 1004),
    ("interactions", {"group_id": "g", "status": 3}, 1004),
    ("interactions", {"group_id": "g", "status": "failed"}, 1004),
    ("records", {}, 1003),
    ("records", {"session_id": "s" * 49}, 1004),
    ("records", {"session_id": "a b"}, 1004),
    ("records", {"session_id": "s", "page": 0}, 1004),
    ("records", {"session_id": "s", "page_size": 0}, 1004),
]


@pytest.mark.parametrize(("what", "query", "number"), WRONG, ids=[str(w)[:50] for w in WRONG])
def test_a_wrong_question_for_records_is_refused(
    shared: httpx2.Client, what: str, query: Mapping[str, Any], number: int
) -> None:
    """Whether or not there is an AI layer."""
    assert refusal(shared.get(f"/api/ai/{what}", params=query)) == (400, number)


@pytest.mark.parametrize(
    "body",
    [
        {"message": ""},
        {"message": 5},
        {"message": "x" * 5001},
        {"message": "a\x00"},
        {"message": LONE_SURROGATE},
        {"text": "x"},
        [],
    ],
    ids=lambda body: repr(body)[:30],
)
def test_a_wrong_trial_is_refused(shared: httpx2.Client, body: object) -> None:
    """Before anything is sent to the AI service."""
    answer = shared.post("/api/ai/test", content=raw(body), headers=JSON)
    assert refusal(answer) == (400, 1004)
