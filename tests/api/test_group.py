import re

import httpx2
import pytest

from tests.api.steps import (
    GROUP,
    JSON,
    LONE_SURROGATE,
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
)


async def test_a_created_group_has_the_shape_of_the_contract(http: httpx2.AsyncClient) -> None:
    """What `create` answers is what a later `get` answers."""
    body = {"group_name": "测试群组", "description": "测试描述"}
    created = accepted(await http.post("/api/group/create", json=body))

    assert shape(created) == GROUP
    assert (created["group_name"], created["description"]) == ("测试群组", "测试描述")
    assert (created["created_by"], created["ai_mode"]) == ("default_user", "auto")
    assert created["last_seq"] == 0
    assert re.fullmatch(r"group_\d{14}[0-9a-f]{16,}", created["group_id"])
    assert len(created["group_id"]) <= 64
    assert accepted(await http.get(f"/api/group/{created['group_id']}")) == created


async def test_a_group_counts_its_messages(http: httpx2.AsyncClient) -> None:
    """`last_seq` is the number of messages, and a group without description has none."""
    group_id = await create_group(http)
    await send(http, group_id, "one")
    await send(http, group_id, "two")
    group = accepted(await http.get(f"/api/group/{group_id}"))

    assert (group["last_seq"], group["description"]) == (2, None)


async def test_members_are_listed_in_the_order_of_joining(http: httpx2.AsyncClient) -> None:
    """The creator is the first, as doctor."""
    group_id, patient = await create_ward(http)
    other = await create_user(http, "DOCTOR")
    await join(http, group_id, other, "DOCTOR")
    listed = accepted(await http.get(f"/api/group/{group_id}/members"))

    assert set(listed) == {"group_id", "members", "total"}
    assert (listed["group_id"], listed["total"]) == (group_id, 3)
    assert all(shape(m) == {"user_id", "user_role", "joined_at"} for m in listed["members"])
    assert [(m["user_id"], m["user_role"]) for m in listed["members"]] == [
        ("default_user", "DOCTOR"),
        (patient, "PATIENT"),
        (other, "DOCTOR"),
    ]


async def test_a_member_is_added_and_removed(http: httpx2.AsyncClient) -> None:
    """Both say that it is done, and for whom."""
    group_id, user_id = await create_group(http), await create_user(http)
    body = {"user_id": user_id, "user_role": "PATIENT"}
    added = accepted(await http.post(f"/api/group/{group_id}/members", json=body))
    removed = accepted(await http.delete(f"/api/group/{group_id}/members/{user_id}"))
    listed = accepted(await http.get(f"/api/group/{group_id}/members"))

    assert set(added) == set(removed) == {"success", "message"}
    assert added["success"] is removed["success"] is True
    assert user_id in added["message"]
    assert [m["user_id"] for m in listed["members"]] == ["default_user"]


async def test_a_former_member_may_come_back(http: httpx2.AsyncClient) -> None:
    """With another role, too."""
    group_id, patient = await create_ward(http)
    accepted(await http.delete(f"/api/group/{group_id}/members/{patient}"))
    await join(http, group_id, patient, "DOCTOR")
    listed = accepted(await http.get(f"/api/group/{group_id}/members"))

    assert listed["members"][-1]["user_role"] == "DOCTOR"


async def test_what_cannot_be_added_is_refused_and_changes_nothing(
    http: httpx2.AsyncClient,
) -> None:
    """A member, whatever the role; an unknown user; a member of a group that is not there."""
    group_id, patient = await create_ward(http)
    members = f"/api/group/{group_id}/members"
    known, unknown = ({"user_id": u, "user_role": "DOCTOR"} for u in (patient, "user_nobody"))

    assert refusal(await http.post(members, json=known)) == (400, 2002)
    assert refusal(await http.post(members, json=unknown)) == (404, 2001)
    assert refusal(await http.post("/api/group/group_none/members", json=known)) == (404, 3001)
    listed = accepted(await http.get(members))["members"]
    assert [m["user_role"] for m in listed] == ["DOCTOR", "PATIENT"]


async def test_what_cannot_be_removed_is_refused(http: httpx2.AsyncClient) -> None:
    """Somebody who is not in the group, and anybody of a group that is not there."""
    group_id, patient = await create_ward(http)
    stranger = await create_user(http)

    assert refusal(await http.delete(f"/api/group/{group_id}/members/{stranger}")) == (404, 2003)
    assert refusal(await http.delete(f"/api/group/group_none/members/{patient}")) == (404, 3001)


async def test_a_group_that_is_not_there_is_not_found(http: httpx2.AsyncClient) -> None:
    """Nor are its members."""
    assert refusal(await http.get("/api/group/group_none")) == (404, 3001)
    assert refusal(await http.get("/api/group/group_none/members")) == (404, 3001)


async def test_for_a_stranger_the_group_does_not_exist(http: httpx2.AsyncClient) -> None:
    """404 for reading and for writing, with the very words of a group that is not there."""
    group_id, patient = await create_ward(http)
    body = {"user_id": "eve", "user_role": "DOCTOR"}
    calls = [
        ("GET", f"/api/group/{group_id}", None),
        ("GET", f"/api/group/{group_id}/members", None),
        ("POST", f"/api/group/{group_id}/members", body),
        ("DELETE", f"/api/group/{group_id}/members/{patient}", None),
        ("DELETE", f"/api/group/{group_id}/members/eve", None),
    ]
    for method, path, content in calls:
        own = await http.request(method, path, json=content, headers=by("eve"))
        none = await http.request(
            method, path.replace(group_id, "group_none"), json=content, headers=by("eve")
        )
        assert refusal(own) == refusal(none) == (404, 3001)
        assert own.json()["error"]["message"] == none.json()["error"]["message"]


async def test_a_patient_may_leave_but_not_manage(http: httpx2.AsyncClient) -> None:
    """Members who are not doctors there get 403 for others, and 200 for themselves."""
    group_id, patient = await create_ward(http)
    other = await create_user(http)
    members = f"/api/group/{group_id}/members"
    body = {"user_id": other, "user_role": "PATIENT"}
    me = by(patient)

    assert refusal(await http.post(members, json=body, headers=me)) == (403, 5002)
    assert refusal(await http.delete(f"{members}/default_user", headers=me)) == (403, 5002)
    accepted(await http.delete(f"{members}/{patient}", headers=me))
    assert refusal(await http.get(members, headers=me)) == (404, 3001)


@pytest.mark.parametrize(
    "body",
    [
        {"group_name": "x"},
        {"group_name": "群" * 128},
        {"group_name": "x", "description": None},
        {"group_name": "x", "description": ""},
        {"group_name": "x", "description": "多行\n" * 1250},
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_name_and_perhaps_a_description_make_a_group(
    shared: httpx2.Client, body: dict[str, str | None]
) -> None:
    """1 to 128 characters, and up to 5000 in as many lines as one likes."""
    created = accepted(shared.post("/api/group/create", json=body))
    assert (created["group_name"], created["description"]) == (
        body["group_name"],
        body.get("description"),
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"description": "x"},
        {"group_name": ""},
        {"group_name": "   "},
        {"group_name": "x" * 129},
        {"group_name": "a\nb"},
        {"group_name": "a\x00"},
        {"group_name": LONE_SURROGATE},
        {"group_name": None},
        {"group_name": 7},
        {"group_name": {"x": 1}},
        {"group_name": "x", "description": 7},
        {"group_name": "x", "description": "a\x00"},
        {"group_name": "x", "description": LONE_SURROGATE},
        {"group_name": "x", "description": "x" * 5001},
        {"group_name": "x", "created_by": "somebody"},
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_wrong_group_is_refused(shared: httpx2.Client, body: dict[str, object]) -> None:
    """Missing, empty, too long, of the wrong type, or with unknown fields."""
    answer = shared.post("/api/group/create", content=raw(body), headers=JSON)
    assert refusal(answer) == (400, 1004)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_id": "u"},
        {"user_role": "PATIENT"},
        {"user_id": "", "user_role": "PATIENT"},
        {"user_id": "u" * 49, "user_role": "PATIENT"},
        {"user_id": "a b", "user_role": "PATIENT"},
        {"user_id": "a/b", "user_role": "PATIENT"},
        {"user_id": "a\x00", "user_role": "PATIENT"},
        {"user_id": LONE_SURROGATE, "user_role": "PATIENT"},
        {"user_id": 5, "user_role": "PATIENT"},
        {"user_id": None, "user_role": "PATIENT"},
        {"user_id": "u", "user_role": "BOSS"},
        {"user_id": "u", "user_role": None},
        {"user_id": "u", "user_role": "PATIENT", "group_id": "g"},
    ],
    ids=str,
)
def test_a_wrong_member_is_refused(shared: httpx2.Client, body: dict[str, object]) -> None:
    """Before anybody looks whether there is such a group."""
    answer = shared.post("/api/group/group_none/members", content=raw(body), headers=JSON)
    assert refusal(answer) == (400, 1004)


@pytest.mark.parametrize("group_id", ["%00", "a%20b", "a%3Fb", "g" * 65])
def test_a_path_that_holds_no_group_id_is_refused(shared: httpx2.Client, group_id: str) -> None:
    """Blanks, control characters, ? and #, and more than 64 characters."""
    for path in (f"/api/group/{group_id}", f"/api/group/{group_id}/members"):
        assert refusal(shared.get(path)) == (400, 1004)
