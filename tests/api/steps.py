"""What tests of the HTTP side do over and over, and the shapes that the wire contract fixes."""

import json
import re
from typing import Any

import httpx2

CODES = {
    1001: "CONTENT_EMPTY", 1002: "CONTENT_TOO_LONG", 1003: "GROUP_ID_MISSING",
    1004: "INVALID_PARAMETER", 1005: "CLIENT_MSG_ID_CONFLICT", 1006: "FRAME_TOO_LARGE",
    2001: "USER_NOT_FOUND", 2002: "ALREADY_MEMBER", 2003: "NOT_A_MEMBER",
    3001: "GROUP_NOT_FOUND", 3002: "MESSAGE_NOT_FOUND",
    4001: "AI_SERVICE_FAILED", 4002: "AI_SERVICE_TIMEOUT", 4003: "AI_BAD_RESPONSE",
    4004: "AI_UNAVAILABLE",
    5001: "UNAUTHENTICATED", 5002: "FORBIDDEN", 5003: "RATE_LIMITED", 5004: "OVERLOADED",
    9001: "INTERNAL",
}  # fmt: skip
RETRYABLE = {4001, 4002, 4003, 5003, 5004, 9001}
"""Where the same call may succeed later."""

USER = {"id", "user_id", "username", "user_role", "created_at", "updated_at"}
GROUP = {
    "id", "group_id", "group_name", "description", "created_by", "ai_mode", "last_seq",
    "created_at", "updated_at",
}  # fmt: skip
MESSAGE = {
    "id", "message_id", "group_id", "seq", "from_user_id", "user_role", "msg_type", "msg_content",
    "client_msg_id", "created_at", "updated_at",
}  # fmt: skip
RECORD = {
    "id", "record_id", "group_id", "user_message_id", "ai_message_id", "ai_service_url", "status",
    "attempts", "duration_ms", "error_number", "error_message", "created_at", "updated_at",
}  # fmt: skip
ERROR = {"code", "number", "message", "retryable", "details", "request_id"}

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
LONE_SURROGATE = "\ud800"
JSON = {"Content-Type": "application/json"}

Refusal = tuple[int, int]
"""Status and number."""


def refusal(response: httpx2.Response) -> Refusal:
    """What the service said no with, once the envelope has proved to be the contract's, whole."""
    assert response.headers["Content-Type"] == "application/json", response.text
    body = response.json()
    assert set(body) == {"error"}, body
    error = body["error"]
    assert set(error) == ERROR
    assert error["code"] == CODES[error["number"]]
    assert error["request_id"] == response.headers["X-Request-Id"]
    assert error["retryable"] is (error["number"] in RETRYABLE)
    assert isinstance(error["details"], dict)
    assert error["message"]
    return response.status_code, error["number"]


def accepted(response: httpx2.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    assert response.headers["X-Request-Id"]
    body: dict[str, Any] = response.json()
    return body


def shape(body: dict[str, Any]) -> set[str]:
    """The field names, once every time among them has the contract's form."""
    for name in ("created_at", "updated_at", "joined_at"):
        assert name not in body or MOMENT.fullmatch(body[name]), body[name]
    return set(body)


def raw(body: object) -> bytes:
    """As ASCII with escapes, which can carry what UTF-8 cannot: half a surrogate pair."""
    return json.dumps(body).encode()


async def create_user(
    http: httpx2.AsyncClient, user_role: str = "PATIENT", username: str = "Zhang San"
) -> str:
    body = {"username": username, "user_role": user_role}
    return str(accepted(await http.post("/api/user/create", json=body))["user_id"])


async def create_group(http: httpx2.AsyncClient, group_name: str = "Ward 3") -> str:
    created = await http.post("/api/group/create", json={"group_name": group_name})
    return str(accepted(created)["group_id"])


async def join(
    http: httpx2.AsyncClient, group_id: str, user_id: str, user_role: str = "PATIENT"
) -> None:
    body = {"user_id": user_id, "user_role": user_role}
    accepted(await http.post(f"/api/group/{group_id}/members", json=body))


async def create_ward(http: httpx2.AsyncClient) -> tuple[str, str]:
    """A group of the caller, as doctor, and a new patient: their ids."""
    group_id, patient = await create_group(http), await create_user(http)
    await join(http, group_id, patient)
    return group_id, patient


async def send(
    http: httpx2.AsyncClient, group_id: str, content: str, **more: Any
) -> dict[str, Any]:
    body = {"group_id": group_id, "content": content, **more}
    return accepted(await http.post("/api/message/send", json=body))


async def total(http: httpx2.AsyncClient, group_id: str) -> int:
    listed = await http.get("/api/message/list", params={"group_id": group_id})
    return int(accepted(listed)["total"])


def by(user_id: str) -> dict[str, str]:
    """Headers of a call in open mode by this user."""
    return {"X-User-Id": user_id}
