from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from tests.api.steps import (
    MESSAGE,
    Refusal,
    accepted,
    by,
    create_group,
    create_ward,
    refusal,
    send,
    shape,
)

Query = Mapping[str, Any]


async def listed(http: httpx2.AsyncClient, group_id: str, **query: Any) -> dict[str, Any]:
    answer = await http.get("/api/message/list", params={"group_id": group_id, **query})
    page = accepted(answer)
    assert set(page) == {"messages", "total", "page", "page_size"}
    return page


def seqs(page: dict[str, Any]) -> list[int]:
    return [message["seq"] for message in page["messages"]]


async def test_history_is_read_by_page_and_from_a_position(http: httpx2.AsyncClient) -> None:
    """Newest first by page and before a seq, oldest first after one; the total is the group's."""
    group_id = await create_group(http)
    sent = [await send(http, group_id, f"message {n}") for n in range(1, 24)]
    cases: list[tuple[Query, list[int], int, int]] = [
        ({}, list(range(23, 3, -1)), 1, 20),
        ({"page": 2}, [3, 2, 1], 2, 20),
        ({"page": 1, "page_size": 10}, list(range(23, 13, -1)), 1, 10),
        ({"page": 3, "page_size": 10}, [3, 2, 1], 3, 10),
        ({"page": 4, "page_size": 10}, [], 4, 10),
        ({"page": 23, "page_size": 1}, [1], 23, 1),
        ({"page": 1_000_000_000, "page_size": 100}, [], 1_000_000_000, 100),
        ({"page_size": 100}, list(range(23, 0, -1)), 1, 100),
        ({"before_seq": 24}, list(range(23, 3, -1)), 1, 20),
        ({"before_seq": 10, "limit": 4}, [9, 8, 7, 6], 1, 4),
        ({"before_seq": 3, "limit": 100}, [2, 1], 1, 100),
        ({"before_seq": 1}, [], 1, 20),
        ({"before_seq": 0}, [], 1, 20),
        ({"before_seq": 2**53, "limit": 1}, [23], 1, 1),
        ({"after_seq": 0, "limit": 3}, [1, 2, 3], 1, 3),
        ({"after_seq": 20, "limit": 100}, [21, 22, 23], 1, 100),
        ({"after_seq": 23}, [], 1, 20),
        ({"after_seq": 2**53}, [], 1, 20),
    ]
    for query, expected, page, page_size in cases:
        answer = await listed(http, group_id, **query)
        assert seqs(answer) == expected, query
        assert (answer["total"], answer["page"], answer["page_size"]) == (23, page, page_size)
    assert (await listed(http, group_id, after_seq=0, limit=100))["messages"] == sent


async def test_a_group_without_messages_has_one_empty_page(http: httpx2.AsyncClient) -> None:
    """Not a 404: the group is there."""
    assert await listed(http, await create_group(http)) == {
        "messages": [],
        "total": 0,
        "page": 1,
        "page_size": 20,
    }


async def test_listed_messages_have_the_shape_of_sent_ones(http: httpx2.AsyncClient) -> None:
    """Without `duplicate`, whoever reads."""
    group_id, patient = await create_ward(http)
    sent = await send(http, group_id, "x", client_msg_id="1")
    await send(http, group_id, "x", client_msg_id="1")
    answer = await http.get("/api/message/list", params={"group_id": group_id}, headers=by(patient))
    (message,) = accepted(answer)["messages"]

    assert shape(message) == MESSAGE
    assert message == sent


async def test_history_of_others_is_not_found(http: httpx2.AsyncClient) -> None:
    """Strangers and former members read as little as if the group were not there."""
    group_id, patient = await create_ward(http)
    accepted(await http.delete(f"/api/group/{group_id}/members/{patient}"))
    for user_id, group in (("eve", group_id), (patient, group_id), ("eve", "group_none")):
        positions: list[dict[str, int]] = [{}, {"before_seq": 5}, {"after_seq": 0}]
        for position in positions:
            query: Query = {"group_id": group, **position}
            answer = await http.get("/api/message/list", params=query, headers=by(user_id))
            assert refusal(answer) == (404, 3001)


WRONG: list[tuple[Query, Refusal]] = [
    ({}, (400, 1003)),
    ({"page": 1}, (400, 1003)),
    ({"group_id": ""}, (400, 1004)),
    ({"group_id": "g" * 65}, (400, 1004)),
    ({"group_id": "a b"}, (400, 1004)),
    ({"group_id": "g\x00"}, (400, 1004)),
    ({"session_id": ""}, (400, 1004)),
    ({"session_id": "s" * 49}, (400, 1004)),
    ({"group_id": "g", "session_id": "s"}, (400, 1004)),
    ({"group_id": "g", "page": 0}, (400, 1004)),
    ({"group_id": "g", "page": -1}, (400, 1004)),
    ({"group_id": "g", "page": "first"}, (400, 1004)),
    ({"group_id": "g", "page": ""}, (400, 1004)),
    ({"group_id": "g", "page": 1.5}, (400, 1004)),
    ({"group_id": "g", "page": 10**9 + 1}, (400, 1004)),
    ({"group_id": "g", "page": 10**30}, (400, 1004)),
    ({"group_id": "g", "page": "9" * 5000}, (400, 1004)),
    ({"group_id": "g", "page_size": 0}, (400, 1004)),
    ({"group_id": "g", "page_size": 101}, (400, 1004)),
    ({"group_id": "g", "page_size": -5}, (400, 1004)),
    ({"group_id": "g", "before_seq": 1, "after_seq": 1}, (400, 1004)),
    ({"group_id": "g", "before_seq": -1}, (400, 1004)),
    ({"group_id": "g", "after_seq": -1}, (400, 1004)),
    ({"group_id": "g", "after_seq": "x"}, (400, 1004)),
    ({"group_id": "g", "after_seq": 2**53 + 1}, (400, 1004)),
    ({"group_id": "g", "before_seq": 10**30}, (400, 1004)),
    ({"group_id": "g", "after_seq": 1, "limit": 0}, (400, 1004)),
    ({"group_id": "g", "after_seq": 1, "limit": 101}, (400, 1004)),
]


@pytest.mark.parametrize(("query", "expected"), WRONG, ids=[repr(q)[:60] for q, _ in WRONG])
def test_a_wrong_question_is_refused(
    shared: httpx2.Client, query: Query, expected: Refusal
) -> None:
    """And `list` is never taken for a message_id: then it would be 404, 3002."""
    assert refusal(shared.get("/api/message/list", params=query)) == expected
