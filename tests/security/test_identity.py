from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from app.utils.address import is_loopback
from tests.api.steps import accepted, by, refusal
from tests.security.conftest import KeySetServer
from tests.security.signing import JWT_MODE, SERVICE, bearer, key_pair, token
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import open_socket

ME = "/api/group/create"


async def me(http: httpx2.AsyncClient, headers: Any) -> httpx2.Response:
    """Creates a group, whose `created_by` tells who the service takes the caller for."""
    return await http.post(ME, json={"group_name": "x"}, headers=headers)


async def whoami(http: httpx2.AsyncClient, headers: Any) -> str:
    return str(accepted(await me(http, headers))["created_by"])


async def test_open_mode_believes_the_header(http: httpx2.AsyncClient) -> None:
    """Without it the caller is `default_user`; a token means nothing here."""
    assert await whoami(http, {}) == "default_user"
    assert await whoami(http, by("pat")) == "pat"
    assert await whoami(http, {"Authorization": "Bearer x"}) == "default_user"


@pytest.mark.parametrize("user_id", ["张三", "é", "müller", "u" * 48, "a.b-c_d@e:f", "名" * 48])
async def test_one_name_is_one_user_over_http_and_socket(
    user_id: str, sqlite_files: SqliteFiles
) -> None:
    """Headers carry UTF-8, as paths do."""
    with run_service(database_url=sqlite_files.new()) as server:
        async with server.http() as http:
            headers = [(b"X-User-Id", user_id.encode())]
            created = accepted(await me(http, headers))
            assert created["created_by"] == user_id
        async with open_socket(server.ws_url, user_id) as socket:
            assert set(socket.connected["groups"]) == {created["group_id"]}


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_ever_new_names_do_not_fill_the_memory(
    http: httpx2.AsyncClient, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is known to exist is remembered, to a limit; whoever is forgotten is looked up again."""
    monkeypatch.setattr("app.security.identity.MAX_KNOWN", 3)
    for user_id in [*"abcdefg", *"abc"]:
        assert accepted(await http.get(f"/api/user/{user_id}", headers=by(user_id)))
    assert server.container.identity.known <= 3


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_header_that_holds_no_user_id_is_refused(http: httpx2.AsyncClient) -> None:
    """And nobody comes into being by it."""
    wrong = [
        b"",
        b"a b",
        b"a/b",
        b"a?b",
        b"a#b",
        b"u" * 49,
        "名".encode() * 49,
        b"\xff",
        b"\x80a",
    ]
    for value in wrong:
        assert refusal(await me(http, [(b"X-User-Id", value)])) == (400, 1004), value


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        (None, True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.7", False),
        ("::ffff:192.0.2.7", False),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("testclient", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_this_machine_is_told_from_others(host: str | None, *, loopback: bool) -> None:
    """None is a Unix socket; IPv4 may come in the clothes of IPv6; what is unknown is elsewhere."""
    assert is_loopback(host) is loopback


@pytest.fixture(scope="module")
def jwt_http(sqlite_files: SqliteFiles) -> Iterator[httpx2.Client]:
    """One service in jwt mode for what is refused before a database is asked."""
    with (
        run_service(database_url=sqlite_files.new(), **JWT_MODE) as server,
        httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as http,
    ):
        yield http


def create(http: httpx2.Client, headers: Any) -> httpx2.Response:
    return http.post(ME, json={"group_name": "x"}, headers=headers)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Basic cGF0OnBhdA==",
        token(),
        f"Token {token()}",
        "Bearer garbage",
        f"Bearer {token(exp=1)}",
        f"Bearer {token(exp=None)}",
        f"Bearer {token(key='another-secret-of-thirty-two-bytes!!')}",
    ],
    ids=lambda value: str(value)[:20],
)
def test_jwt_mode_asks_for_a_good_token(jwt_http: httpx2.Client, authorization: str | None) -> None:
    """401 says how to give one; no name in a header or address stands in for it."""
    headers = by("pat") | ({} if authorization is None else {"Authorization": authorization})
    answer = create(jwt_http, headers)
    assert refusal(answer) == (401, 5001)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    in_address = jwt_http.post(
        f"{ME}?token={token()}&access_token={token()}", json={"group_name": "x"}
    )
    assert refusal(in_address) == (401, 5001)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_good_token_names_the_caller(jwt_http: httpx2.Client, scheme: str) -> None:
    """A user who is not there yet comes into being, as a patient."""
    headers = {"Authorization": f"{scheme} {token('newcomer')}"}
    assert accepted(create(jwt_http, headers))["created_by"] == "newcomer"
    user = accepted(jwt_http.get("/api/user/newcomer", headers=headers))
    assert (user["username"], user["user_role"]) == ("newcomer", "PATIENT")


def test_only_a_service_acts_for_another_user(jwt_http: httpx2.Client) -> None:
    """With X-User-Id; a user may name itself, but nobody else."""
    service, user = bearer("backend", **SERVICE), bearer("pat")

    assert accepted(create(jwt_http, service))["created_by"] == "backend"
    assert accepted(create(jwt_http, service | by("pat")))["created_by"] == "pat"
    assert accepted(create(jwt_http, user | by("pat")))["created_by"] == "pat"
    assert refusal(create(jwt_http, user | by("dora"))) == (403, 5002)
    assert refusal(create(jwt_http, service | by("a b"))) == (400, 1004)


def test_a_service_that_names_itself_is_named(jwt_http: httpx2.Client) -> None:
    """So it does not slip into the session's user, as a service without a name does."""
    body = {"session_id": "zhang", "content": "x"}
    service = bearer("backend", **SERVICE)
    sent = jwt_http.post("/api/message/send", json=body, headers=service)
    assert accepted(sent)["from_user_id"] == "zhang"
    named = jwt_http.post("/api/message/send", json=body, headers=service | by("backend"))
    assert refusal(named) == (404, 3001)


def test_only_a_service_manages_users(jwt_http: httpx2.Client) -> None:
    """Not even for oneself; and acting for a user it may still do what it may."""
    body = {"username": "x", "user_role": "DOCTOR"}
    service, user = bearer("backend", **SERVICE), bearer("pat")
    created = accepted(jwt_http.post("/api/user/create", json=body, headers=service))
    role = {"user_role": "DOCTOR"}

    assert refusal(jwt_http.post("/api/user/create", json=body, headers=user)) == (403, 5002)
    assert refusal(jwt_http.put("/api/user/pat/role", json=role, headers=user)) == (403, 5002)
    path = f"/api/user/{created['user_id']}/role"
    accepted(jwt_http.put(path, json=role, headers=service | by("pat")))


async def test_a_service_runs_on_published_keys(
    key_set: KeySetServer, sqlite_files: SqliteFiles
) -> None:
    """The whole way over HTTP; while the set cannot be had, 503 asks to come back."""
    key_set.status = 500
    settings = {"auth_mode": "jwt", "jwt_algorithm": "ES256", "jwt_jwks_url": key_set.url}
    pair = key_pair("ES256")
    text = token(key=pair.private, algorithm="ES256", headers={"kid": "1"})
    headers = {"Authorization": f"Bearer {text}"}
    with run_service(database_url=sqlite_files.new(), **settings) as server:
        async with server.http() as http:
            assert refusal(await me(http, headers)) == (503, 5004)
            async with open_socket(server.ws_url, "pat", token=text, greeted=False) as socket:
                assert await socket.closed() == 4001
            key_set.status = 200
            key_set.publish(pair.published("1"))
            assert await whoami(http, headers) == "pat"
            async with open_socket(server.ws_url, "pat", token=text) as socket:
                assert socket.connected["user_id"] == "pat"
