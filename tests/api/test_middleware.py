import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from starlette.types import Message, Receive, Scope, Send

from app.api.middleware import Edge
from app.bootstrap import build
from app.config import load_settings
from app.main import create_app
from tests.api.steps import JSON, accepted, create_group, raw, refusal
from tests.support.backends import with_driver
from tests.support.servers import RunningServer

REQUEST_ID = re.compile(r"req_\d{14}[0-9a-f]{16,}")
SMALL = raw({"session_id": "s", "content": "x"})
LIMIT = 65536
ELSEWHERE = ("192.0.2.7", 40000)


def test_every_answer_has_a_request_id_of_its_own(shared: httpx2.Client) -> None:
    """Good or bad, from an endpoint or from before it; what the client sends as one is not used."""
    calls = [
        ("GET", "/health"),
        ("GET", "/nothing"),
        ("POST", "/api/user/create"),
        ("GET", "/docs"),
    ]
    answers = [shared.request(m, p, headers={"X-Request-Id": "mine"}) for m, p in calls * 3]
    ids = [answer.headers["X-Request-Id"] for answer in answers]

    assert all(REQUEST_ID.fullmatch(request_id) for request_id in ids)
    assert len(set(ids)) == len(ids)


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Sent without Content-Length."""
    yield body[:40_000]
    yield body[40_000:]


@pytest.mark.parametrize("chunked", [False, True], ids=["with length", "in chunks"])
def test_a_body_over_64_kib_is_too_large(shared: httpx2.Client, *, chunked: bool) -> None:
    """65,536 bytes pass, one more does not, whether or not the length is told beforehand."""
    for length, expected in ((LIMIT, None), (LIMIT + 1, (413, 1006)), (3 * LIMIT, (413, 1006))):
        body = SMALL.ljust(length)
        content = in_pieces(body) if chunked else body
        answer = shared.post("/api/message/send", content=content, headers=JSON)
        if expected is None:
            accepted(answer)
        else:
            assert refusal(answer) == expected


@pytest.mark.parametrize("path", ["/api/ai/test", "/api/user/create", "/api/user/x/role"])
def test_no_endpoint_takes_a_larger_body(shared: httpx2.Client, path: str) -> None:
    """Nor does one whose body is optional."""
    method = "PUT" if path.endswith("role") else "POST"
    answer = shared.request(method, path, content=b" " * (LIMIT + 1), headers=JSON)
    assert refusal(answer) == (413, 1006)


def test_a_length_that_is_too_large_is_refused_before_the_body_comes(
    shared_server: RunningServer,
) -> None:
    """Nobody has to send a gigabyte to hear that it is too much."""
    url = httpx2.URL(shared_server.url)
    head = (
        b"POST /api/message/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000000000\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port or 0), timeout=10) as connection:
        connection.sendall(head)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("server_settings", [{"max_body_bytes": 1024}], ids=["1 KiB"])
async def test_the_limit_is_a_setting(http: httpx2.AsyncClient) -> None:
    """MAX_BODY_BYTES counts bytes, not characters."""
    for length, status in ((1024, 200), (1025, 413)):
        body = SMALL.ljust(length)
        answer = await http.post("/api/message/send", content=body, headers=JSON)
        assert answer.status_code == status


async def test_a_fault_that_nobody_foresaw_tells_no_more_than_its_id(
    http: httpx2.AsyncClient, database_url: str
) -> None:
    """500 and 9001, which may be tried again; the reason stands in the log, under that id."""
    group_id = await create_group(http)
    spoil(database_url)
    answer = await http.get("/api/message/list", params={"group_id": group_id, "after_seq": 0})

    assert refusal(answer) == (500, 9001)
    assert answer.json()["error"]["details"] == {}
    assert "messages" not in answer.text


def spoil(database_url: str) -> None:
    """Leaves a table whose rows are of another form."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        statements = ["UPDATE groups SET created_at = 'nonsense'"]
    else:
        statements = ["ALTER TABLE messages RENAME COLUMN seq TO other"]
    engine = create_engine(with_driver(database_url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


async def test_an_answer_that_has_begun_cannot_become_another() -> None:
    """The server is told, which cuts the connection: half an answer must not look whole."""

    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    container = build(load_settings(database_url="sqlite:///unused.db"))
    scope = {"type": "http", "headers": [], "client": ("127.0.0.1", 1)}
    with pytest.raises(ValueError, match=r"^$"):
        await Edge(half, container)(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


def app_for(sqlite_only: str, **settings: Any) -> FastAPI:
    loaded = load_settings(database_url=sqlite_only, **settings)
    return create_app(loaded, build(loaded))


async def call(app: FastAPI, client: tuple[str, int], path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app, client=client)
    async with httpx2.AsyncClient(transport=transport, base_url="http://im") as http:
        return await http.get(path)


@pytest.mark.parametrize(
    "path", ["/health", "/ready", "/api/user/default_user", "/nothing", "/docs"]
)
async def test_open_mode_answers_nobody_from_elsewhere(sqlite_only: str, path: str) -> None:
    """Run under a foreign server that listens on a network: anybody there could be anybody."""
    answer = await call(app_for(sqlite_only), ELSEWHERE, path)
    assert refusal(answer) == (403, 5002)
    assert "ALLOW_OPEN_NETWORK" in answer.json()["error"]["message"]


async def test_open_mode_closes_sockets_from_elsewhere(sqlite_only: str) -> None:
    """With the code that says: do not come back."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket", "path": "/ws/pat", "raw_path": b"/ws/pat", "root_path": "",
        "query_string": b"", "headers": [], "subprotocols": [], "scheme": "ws",
        "client": ELSEWHERE, "server": ("im", 80), "state": {}, "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app_for(sqlite_only)(scope, receive, send)

    assert [message["type"] for message in sent][-1] == "websocket.close"
    assert sent[-1]["code"] == 4503


@pytest.mark.parametrize(
    "settings",
    [{"allow_open_network": True}, {"auth_mode": "jwt", "jwt_secret": "s" * 32}],
    ids=["allowed", "jwt"],
)
async def test_others_may_call_where_that_is_meant(
    sqlite_only: str, settings: dict[str, Any]
) -> None:
    """With ALLOW_OPEN_NETWORK, or where callers prove who they are."""
    accepted(await call(app_for(sqlite_only, **settings), ELSEWHERE, "/health"))
