"""What is refused before any endpoint runs: always in the one envelope."""

import json

import httpx2
import pytest

from tests.api.steps import JSON, LONE_SURROGATE, accepted, raw, refusal

FIELDS = [
    ("/api/user/create", {"username": "x", "user_role": "PATIENT"}),
    ("/api/group/create", {"group_name": "x", "description": "x"}),
    ("/api/group/group_none/members", {"user_id": "x", "user_role": "PATIENT"}),
    ("/api/message/send", {"group_id": "g", "content": "x", "msg_type": "TEXT"}),
    ("/api/message/send", {"session_id": "s", "content": "x"}),
    ("/api/message/send", {"group_id": "g", "content": "x", "client_msg_id": "x"}),
    ("/api/message/send", {"group_id": "g", "content": "x", "reply_to_message_id": "x"}),
    ("/api/ai/test", {"message": "x"}),
]
TEXTS = [(path, body, field) for path, body in FIELDS for field in body]


@pytest.mark.parametrize("poison", ["\x00", LONE_SURROGATE], ids=["NUL", "half a surrogate pair"])
@pytest.mark.parametrize(("path", "body", "field"), TEXTS, ids=[f"{p}:{f}" for p, _, f in TEXTS])
def test_text_that_no_database_keeps_is_refused_in_every_field(
    shared: httpx2.Client, path: str, body: dict[str, str], field: str, poison: str
) -> None:
    """By the form of the request alone, never by a database's error."""
    poisoned = body | {field: f"{body[field]}{poison}"}
    assert refusal(shared.post(path, content=raw(poisoned), headers=JSON)) == (400, 1004)


@pytest.mark.parametrize(("path", "body"), FIELDS, ids=[path for path, _ in FIELDS])
@pytest.mark.parametrize("name", ["unknown", "", "\x00", "x" * 5000, LONE_SURROGATE, "名"])
def test_an_unknown_field_is_refused_by_name(
    shared: httpx2.Client, path: str, body: dict[str, str], name: str
) -> None:
    """Whatever its name is: a misspelt field must not pass for one left out."""
    answer = shared.post(path, content=raw(body | {name: 1}), headers=JSON)
    assert refusal(answer) == (400, 1004)
    assert len(answer.content) < 2000


@pytest.mark.parametrize("path", sorted({path for path, _ in FIELDS} - {"/api/ai/test"}))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"5",
        b"NaN",
        b"hello",
        b"{",
        b'{"content":}',
        b"\xff\xfe",
        b'{"content": "\xff"}',
        b"[" * 60_000,
        b'{"content": %s}' % (b"9" * 5000),
        b'{"content": 1e999}',
    ],
    ids=lambda body: repr(body[:15]),
)
def test_a_body_that_is_no_json_object_is_refused(
    shared: httpx2.Client, path: str, body: bytes
) -> None:
    """Not JSON, not UTF-8, nested without end, or JSON of another kind."""
    status, number = refusal(shared.post(path, content=body, headers=JSON))
    assert status == 400
    assert number in {1001, 1004}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_a_body_of_another_content_type_is_refused_with_the_reason(
    shared: httpx2.Client, content_type: str | None
) -> None:
    """Any web page may send these to a service on this machine without asking; JSON it may not."""
    headers = {"Content-Type": content_type} if content_type else {}
    body = json.dumps({"session_id": "s", "content": "x"}).encode()
    answer = shared.post("/api/message/send", content=body, headers=headers)

    assert refusal(answer) == (400, 1004)
    assert "application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_content_type_may_be_written_as_http_allows(
    shared: httpx2.Client, content_type: str
) -> None:
    """With parameters, and in any case."""
    body = json.dumps({"session_id": "s", "content": "x"}).encode()
    headers = {"Content-Type": content_type}
    accepted(shared.post("/api/message/send", content=body, headers=headers))


@pytest.mark.parametrize(
    "path", ["/nothing", "/api", "/api/user", "/api/user/a/b/c", "/api/user/a%2Fb"]
)
def test_an_unknown_path_is_not_found(shared: httpx2.Client, path: str) -> None:
    """In the envelope, as everything else that goes wrong."""
    assert refusal(shared.get(path)) == (404, 1004)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/user/a/role"),
        ("DELETE", "/api/user/a"),
        ("PATCH", "/api/group/g"),
        ("POST", "/api/message/list"),
        ("PUT", "/api/message/send"),
        ("DELETE", "/health"),
        ("OPTIONS", "/api/message/send"),
    ],
)
def test_a_method_that_is_not_served_is_refused(
    shared: httpx2.Client, method: str, path: str
) -> None:
    """405, which names the methods that are."""
    answer = shared.request(method, path)
    assert refusal(answer) == (405, 1004)
    assert answer.headers["Allow"]


def test_problems_are_listed_by_field_without_what_came_in(shared: httpx2.Client) -> None:
    """All of them at once, so that a developer need not send one request for each."""
    body = {"username": "x" * 65, "user_role": "SECRET-ROLE", "secret_extra": "SECRET-VALUE"}
    answer = shared.post("/api/user/create", json=body)
    error = answer.json()["error"]

    assert refusal(answer) == (400, 1004)
    assert [set(problem) for problem in error["details"]["problems"]] == [{"field", "reason"}] * 3
    fields = {problem["field"] for problem in error["details"]["problems"]}
    assert fields == {"username", "user_role", "secret_extra"}
    assert "SECRET-" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/api/user/a%20b", "user_id"),
        ("GET", "/api/message/list?group_id=a%20b", "group_id"),
        ("GET", "/api/ai/records?session_id=a%20b", "session_id"),
    ],
)
def test_a_wrong_id_is_told_in_words(
    shared: httpx2.Client, method: str, path: str, field: str
) -> None:
    """Not as a regular expression."""
    error = shared.request(method, path).json()["error"]
    assert error["message"].startswith(f"{field}: ")
    assert "pattern" not in error["message"]
