"""Who may call what, in `jwt` mode: a table with a line for every endpoint there is."""

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.api.steps import accepted, refusal
from tests.security.signing import JWT_MODE, SERVICE, bearer

NO_TOKEN, STRANGER, PATIENT, DOCTOR, BACKEND = (
    "no token",
    "stranger",
    "patient",
    "doctor",
    "service",
)
CALLERS = (NO_TOKEN, STRANGER, PATIENT, DOCTOR, BACKEND)
OK = (200, 0)
WHO = (401, 5001)
FORBIDDEN = (403, 5002)
NO_USER = (404, 2001)
NO_GROUP = (404, 3001)
NO_MESSAGE = (404, 3002)
NOT_FAILED = (400, 1004)
OPEN_TO_ALL = (OK,) * 5
SEND = {"group_id": "{group}", "content": "x"}

TABLE: dict[tuple[str, str], tuple[str, Any, tuple[tuple[int, int], ...]]] = {
    # the operation: how it is called, and what each of CALLERS gets
    ("post", "/api/user/create"): (
        "/api/user/create",
        {"username": "x", "user_role": "PATIENT"},
        (WHO, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK),
    ),
    ("get", "/api/user/{user_id}"): (
        "/api/user/patient", None, (WHO, NO_USER, OK, OK, OK),
    ),
    ("put", "/api/user/{user_id}/role"): (
        "/api/user/patient/role",
        {"user_role": "DOCTOR"},
        (WHO, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK),
    ),
    ("get", "/api/user/{user_id}/groups"): (
        "/api/user/patient/groups", None, (WHO, NO_USER, OK, NO_USER, OK),
    ),
    ("post", "/api/group/create"): (
        "/api/group/create", {"group_name": "x"}, (WHO, OK, OK, OK, OK),
    ),
    ("get", "/api/group/{group_id}"): (
        "/api/group/{group}", None, (WHO, NO_GROUP, OK, OK, OK),
    ),
    ("get", "/api/group/{group_id}/members"): (
        "/api/group/{group}/members", None, (WHO, NO_GROUP, OK, OK, OK),
    ),
    ("post", "/api/group/{group_id}/members"): (
        "/api/group/{group}/members",
        {"user_id": "newcomer", "user_role": "PATIENT"},
        (WHO, NO_GROUP, FORBIDDEN, OK, OK),
    ),
    ("delete", "/api/group/{group_id}/members/{user_id}"): (
        "/api/group/{group}/members/other", None, (WHO, NO_GROUP, FORBIDDEN, OK, OK),
    ),
    ("put", "/api/group/{group_id}/ai"): (
        "/api/group/{group}/ai", {"ai_mode": "auto"}, (WHO, NO_GROUP, FORBIDDEN, OK, OK),
    ),
    ("post", "/api/message/send"): (
        "/api/message/send", SEND, (WHO, NO_GROUP, OK, OK, NO_GROUP),
    ),
    ("get", "/api/message/list"): (
        "/api/message/list?group_id={group}", None, (WHO, NO_GROUP, OK, OK, OK),
    ),
    ("get", "/api/message/{message_id}"): (
        "/api/message/{message}", None, (WHO, NO_MESSAGE, OK, OK, OK),
    ),
    ("get", "/api/ai/interactions"): (
        "/api/ai/interactions?group_id={group}", None, (WHO, NO_GROUP, OK, OK, OK),
    ),
    ("get", "/api/ai/records"): (
        "/api/ai/records?session_id=patient", None, (WHO, NO_GROUP, OK, NO_GROUP, OK),
    ),
    ("get", "/api/ai/interactions/{record_id}"): (
        "/api/ai/interactions/{record}", None, (WHO, NO_MESSAGE, OK, OK, OK),
    ),
    ("post", "/api/ai/interactions/{record_id}/retry"): (
        "/api/ai/interactions/{record}/retry", None,
        (WHO, NO_MESSAGE, FORBIDDEN, NOT_FAILED, NOT_FAILED),
    ),
    ("post", "/api/ai/test"): (
        "/api/ai/test", None, (WHO, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK),
    ),
    ("post", "/api/ws-ticket"): ("/api/ws-ticket", None, (WHO, OK, OK, OK, OK)),
    ("get", "/health"): ("/health", None, OPEN_TO_ALL),
    ("get", "/ready"): ("/ready", None, OPEN_TO_ALL),
}  # fmt: skip


@pytest.fixture
def server_settings() -> dict[str, Any]:
    return JWT_MODE


@pytest.fixture
async def backend(http: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The developer's own backend, with its service token."""
    http.headers.update(bearer("backend", **SERVICE))
    return http


@dataclass(frozen=True)
class World:
    group: str
    message: str
    record: str
    """Of the other patient's message."""

    def fill(self, template: str) -> str:
        for name in ("group", "message", "record"):
            template = template.replace(f"{{{name}}}", getattr(self, name))
        return template


async def new_world(http: httpx2.AsyncClient) -> World:
    """A group of a doctor and two patients with a message, and a session of the first."""

    def acting(user_id: str) -> dict[str, str]:
        return {"X-User-Id": user_id}

    async def post(caller: str, path: str, **body: str) -> dict[str, Any]:
        return accepted(await http.post(path, json=body, headers=acting(caller)))

    for user_id in ("patient", "other", "newcomer"):
        accepted(await http.get(f"/api/user/{user_id}", headers=acting(user_id)))
    group_id = (await post("doctor", "/api/group/create", group_name="Ward"))["group_id"]
    members = f"/api/group/{group_id}/members"
    for user_id in ("patient", "other"):
        await post("doctor", members, user_id=user_id, user_role="PATIENT")
    sent = await post("doctor", "/api/message/send", group_id=group_id, content="hello")
    await post("other", "/api/message/send", group_id=group_id, content="hello")
    await post("patient", "/api/message/send", session_id="patient", content="hello")
    query = {"group_id": group_id}
    found = await http.get("/api/ai/interactions", params=query, headers=acting("doctor"))
    return World(group_id, sent["message_id"], accepted(found)["records"][0]["record_id"])


def headers_of(caller: str) -> dict[str, str]:
    if caller == NO_TOKEN:
        return {"Authorization": ""}
    return bearer(caller, **(SERVICE if caller == BACKEND else {}))


def filled(body: Any, world: World) -> Any:
    if body is None:
        return None
    return {name: world.fill(value) for name, value in body.items()}


def test_every_endpoint_is_in_the_table(shared: httpx2.Client) -> None:
    """A new one without a line here has not been thought through."""
    paths = accepted(shared.get("/openapi.json"))["paths"]
    assert {(method, path) for path, item in paths.items() for method in item} == set(TABLE)


async def test_each_caller_gets_what_the_table_says(backend: httpx2.AsyncClient) -> None:
    """Strangers are told that nothing is there, members who may not are told so."""
    wrong = []
    unchanged = await new_world(backend)
    for (method, _), (path, body, expected) in TABLE.items():
        for caller, result in zip(CALLERS, expected, strict=True):
            changes = method != "get" and result == OK
            world = await new_world(backend) if changes else unchanged
            answer = await backend.request(
                method, world.fill(path), json=filled(body, world), headers=headers_of(caller)
            )
            got = OK if answer.status_code == 200 else refusal(answer)
            if got != result:
                wrong.append(f"{method} {path} as {caller}: {got}, not {result}")
    assert not wrong


async def test_a_service_sends_as_whom_it_names(backend: httpx2.AsyncClient) -> None:
    """Membership is asked of that user, not of the service."""
    world = await new_world(backend)
    body = {"group_id": world.group, "content": "x"}
    for user_id, expected in (("patient", OK), ("stranger", NO_GROUP)):
        answer = await backend.post("/api/message/send", json=body, headers={"X-User-Id": user_id})
        assert (OK if answer.status_code == 200 else refusal(answer)) == expected
    assert answer.status_code == 404


async def test_a_patient_leaves_by_itself(backend: httpx2.AsyncClient) -> None:
    """And a doctor too; afterwards the group is not there for them."""
    world = await new_world(backend)
    for user_id in ("patient", "doctor"):
        path = f"/api/group/{world.group}/members/{user_id}"
        accepted(await backend.delete(path, headers=headers_of(user_id)))
        listing = await backend.get(f"/api/group/{world.group}", headers=headers_of(user_id))
        assert refusal(listing) == NO_GROUP


async def test_a_session_is_its_users_alone(backend: httpx2.AsyncClient) -> None:
    """In jwt mode S must be the caller, for sending and for reading; a service may be anyone."""
    await new_world(backend)
    body = {"session_id": "patient", "content": "x"}
    for caller, expected in (
        (STRANGER, NO_GROUP),
        (DOCTOR, NO_GROUP),
        (PATIENT, OK),
        (BACKEND, OK),
    ):
        for answer in (
            await backend.post("/api/message/send", json=body, headers=headers_of(caller)),
            await backend.get("/api/message/list?session_id=patient", headers=headers_of(caller)),
        ):
            assert (OK if answer.status_code == 200 else refusal(answer)) == expected
    sent = await backend.post("/api/message/send", json=body, headers=headers_of(BACKEND))
    assert accepted(sent)["from_user_id"] == "patient"


async def test_a_session_of_somebody_else_is_not_opened(backend: httpx2.AsyncClient) -> None:
    """Not even one that nobody has used yet."""
    body = {"session_id": "not_here_yet", "content": "x"}
    answer = await backend.post("/api/message/send", json=body, headers=headers_of(STRANGER))
    assert refusal(answer) == NO_GROUP
    groups = await backend.get("/api/user/not_here_yet/groups")
    assert refusal(groups) == NO_USER
