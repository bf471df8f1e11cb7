import re

import httpx2
import pytest

from tests.api.steps import (
    GROUP,
    LONE_SURROGATE,
    MESSAGE,
    USER,
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

ZWJ_NAME = "Dr. \N{WOMAN}\N{ZERO WIDTH JOINER}\N{STAFF OF AESCULAPIUS}\N{VARIATION SELECTOR-16}"


async def test_a_created_user_has_the_shape_of_the_contract(http: httpx2.AsyncClient) -> None:
    """What `create` answers is what a later `get` answers."""
    body = {"username": "测试用户", "user_role": "PATIENT"}
    created = accepted(await http.post("/api/user/create", json=body))
    found = accepted(await http.get(f"/api/user/{created['user_id']}"))

    assert shape(created) == USER
    assert (created["username"], created["user_role"]) == ("测试用户", "PATIENT")
    assert re.fullmatch(r"user_\d{14}[0-9a-f]{16,}", created["user_id"])
    assert len(created["user_id"]) <= 48
    assert found == created


async def test_a_user_named_for_the_first_time_comes_into_being(http: httpx2.AsyncClient) -> None:
    """Open mode creates callers on first use: patients, but `default_user` a doctor."""
    patient = accepted(await http.get("/api/user/pat", headers=by("pat")))
    doctor = accepted(await http.get("/api/user/default_user"))

    assert (patient["user_id"], patient["username"]) == ("pat", "pat")
    assert (patient["user_role"], doctor["user_role"]) == ("PATIENT", "DOCTOR")


async def test_a_role_in_the_system_can_be_changed(http: httpx2.AsyncClient) -> None:
    """The answer is the user as it is now; the role in groups stays."""
    group_id, patient = await create_ward(http)
    changed = accepted(
        await http.put(f"/api/user/{patient}/role", json={"user_role": "AI_ASSISTANT"})
    )
    members = accepted(await http.get(f"/api/group/{group_id}/members"))["members"]

    assert shape(changed) == USER
    assert changed["user_role"] == "AI_ASSISTANT"
    assert changed["updated_at"] > changed["created_at"]
    assert accepted(await http.get(f"/api/user/{patient}")) == changed
    assert [m["user_role"] for m in members if m["user_id"] == patient] == ["PATIENT"]


async def test_groups_of_a_user_come_with_the_newest_activity_first(
    http: httpx2.AsyncClient,
) -> None:
    """Each with this user's role there, its head and its last message."""
    patient = await create_user(http)
    quiet, busy = await create_group(http, "quiet"), await create_group(http, "busy")
    for group_id in (busy, quiet):
        await join(http, group_id, patient)
    await send(http, busy, "first")
    last = await send(http, busy, "last")
    groups = accepted(await http.get(f"/api/user/{patient}/groups"))["groups"]

    assert [group["group_id"] for group in groups] == [busy, quiet]
    assert shape(groups[0]) == GROUP | {"user_role", "last_message"}
    assert [(group["user_role"], group["last_seq"]) for group in groups] == [
        ("PATIENT", 2),
        ("PATIENT", 0),
    ]
    assert shape(groups[0]["last_message"]) == MESSAGE
    assert groups[0]["last_message"] == last
    assert groups[1]["last_message"] is None


async def test_a_user_without_groups_has_an_empty_list(http: httpx2.AsyncClient) -> None:
    """Not a 404: the user is there."""
    user_id = await create_user(http)
    assert accepted(await http.get(f"/api/user/{user_id}/groups")) == {"groups": []}


async def test_an_unknown_user_is_not_found(http: httpx2.AsyncClient) -> None:
    """By none of the calls that name one."""
    assert refusal(await http.get("/api/user/user_nobody")) == (404, 2001)
    assert refusal(await http.get("/api/user/user_nobody/groups")) == (404, 2001)
    assert refusal(await http.put("/api/user/user_nobody/role", json={"user_role": "DOCTOR"})) == (
        404,
        2001,
    )


@pytest.mark.parametrize(
    "username",
    ["x", "名" * 64, "😀" * 64, "张\N{IDEOGRAPHIC SPACE}三", ZWJ_NAME, "O’Brien-Ünal"],
)
def test_names_of_people_are_taken(shared: httpx2.Client, username: str) -> None:
    """1 to 64 characters, counted as code points, of any script."""
    created = shared.post("/api/user/create", json={"username": username, "user_role": "DOCTOR"})
    assert accepted(created)["username"] == username


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "x"},
        {"user_role": "PATIENT"},
        {"username": "", "user_role": "PATIENT"},
        {"username": " \t", "user_role": "PATIENT"},
        {"username": "\N{IDEOGRAPHIC SPACE}", "user_role": "PATIENT"},
        {"username": "x" * 65, "user_role": "PATIENT"},
        {"username": "two\nlines", "user_role": "PATIENT"},
        {"username": "x\x00", "user_role": "PATIENT"},
        {"username": LONE_SURROGATE, "user_role": "PATIENT"},
        {"username": None, "user_role": "PATIENT"},
        {"username": 5, "user_role": "PATIENT"},
        {"username": ["x"], "user_role": "PATIENT"},
        {"username": True, "user_role": "PATIENT"},
        {"username": "x", "user_role": None},
        {"username": "x", "user_role": ""},
        {"username": "x", "user_role": "NURSE"},
        {"username": "x", "user_role": "patient"},
        {"username": "x", "user_role": "PATIENT", "user_id": "mine"},
    ],
    ids=str,
)
def test_a_wrong_user_is_refused(shared: httpx2.Client, body: dict[str, object]) -> None:
    """Missing, empty, too long, of the wrong type, of no known role, or with unknown fields."""
    answer = shared.post(
        "/api/user/create", content=raw(body), headers={"Content-Type": "application/json"}
    )
    assert refusal(answer) == (400, 1004)


@pytest.mark.parametrize(
    "body",
    [{}, {"user_role": "NURSE"}, {"user_role": None}, {"user_role": 1}, [], "DOCTOR"],
    ids=str,
)
def test_a_wrong_role_is_refused(shared: httpx2.Client, body: object) -> None:
    """Whatever user it is for."""
    assert refusal(shared.put("/api/user/user_nobody/role", json=body)) == (400, 1004)


@pytest.mark.parametrize("user_id", ["%00", "a%20b", "a%3Fb", "a%23b", "u" * 49])
def test_a_path_that_holds_no_user_id_is_refused(shared: httpx2.Client, user_id: str) -> None:
    """Blanks, control characters, ? and #, and more than 48 characters."""
    for path in (f"/api/user/{user_id}", f"/api/user/{user_id}/groups"):
        assert refusal(shared.get(path)) == (400, 1004)
