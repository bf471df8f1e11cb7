import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import app.main
from app.config import load_settings
from tests.api.steps import JSON, accepted, refusal
from tests.support.databases import PostgresDatabases, SqliteFiles
from tests.support.popen import Popen
from tests.support.processes import free_port
from tests.support.servers import run_service

PAGE = "https://app.example.com"
OTHER = "https://evil.example.com"


def uvicorn(*arguments: str, **env: str) -> subprocess.Popen[str]:
    """A foreign server, run as the seeds run it."""
    return Popen(
        [sys.executable, "-m", "uvicorn", "app.main:app", *arguments],
        env=os.environ | env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_foreign_server_runs_it(sqlite_files: SqliteFiles) -> None:
    """With the settings of `.env`; nothing that anybody sent stands in its log."""
    port = free_port()
    Path(".env").write_text(f"DATABASE_URL={sqlite_files.new()}\nLOG_FORMAT=json\n")
    process = uvicorn("--port", str(port))
    body = {"session_id": "zhang", "content": "confidential words"}
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        wait_for(http, process)
        accepted(http.post("/api/message/send", json=body))
        accepted(http.get("/api/message/list?session_id=zhang"))
    process.send_signal(signal.SIGINT)
    output = "".join(process.communicate(timeout=20))

    assert '"event": "started"' in output
    assert "confidential" not in output
    assert "zhang" not in output


def wait_for(http: httpx2.Client, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if http.get("/ready").is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"AUTH_MODE": "jwt"}, "JWT_SECRET"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}, "DATABASE_URL"),
        (
            {"AUTH_MODE": "jwt", "JWT_ALGORITHM": "RS256", "JWT_PUBLIC_KEY": "none.pem"},
            "JWT_PUBLIC_KEY",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_start_that_cannot_work_is_one_line(env: dict[str, str], name: str) -> None:
    """Also under a foreign server: what to change, and no traceback."""
    check_one_line(uvicorn("--port", str(free_port()), **env), name)


def test_a_database_without_its_tables_is_one_line(postgres: PostgresDatabases) -> None:
    """It says which command brings them."""
    url = postgres.new(migrated=False)
    line = check_one_line(uvicorn("--port", str(free_port()), DATABASE_URL=url), "DATABASE_URL")
    assert "im db upgrade" in line


def check_one_line(process: subprocess.Popen[str], name: str) -> str:
    output, errors = process.communicate(timeout=20)
    (line,) = (output + errors).strip().splitlines()
    assert process.returncode not in {0, None}
    assert line.startswith(f"{name}: ")
    return line


def test_importing_it_does_nothing() -> None:
    """No file, no setting read, no line printed: tools import what they inspect."""
    before = set(Path().iterdir())
    code = "import app.main; app.main.create_app"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PORT": "wrong"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == done.stderr == ""
    assert set(Path().iterdir()) == before


def test_only_the_app_is_made_on_demand() -> None:
    """Any other name is a mistake, as in every module."""
    with pytest.raises(AttributeError):
        _ = app.main.application


def test_an_app_wires_itself_where_nobody_has(sqlite_files: SqliteFiles) -> None:
    """And knows its parts."""
    made = app.main.create_app(load_settings(database_url=sqlite_files.new()))
    assert made.state.container.ai_layer is None


@pytest.fixture(scope="module")
def page(sqlite_files: SqliteFiles) -> Iterator[httpx2.Client]:
    """What a browser on the page's machine talks to; one origin is allowed, in jwt mode."""
    settings: dict[str, Any] = {"auth_mode": "jwt", "jwt_secret": "s" * 32, "cors_origins": PAGE}
    with (
        run_service(database_url=sqlite_files.new(), **settings) as server,
        httpx2.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield http


def preflight(http: httpx2.Client, origin: str, method: str = "PUT") -> httpx2.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,x-user-id",
    }
    return http.options("/api/user/pat/role", headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_allowed_page_may_ask_first(page: httpx2.Client, method: str) -> None:
    """With every method and header that the service knows."""
    answer = preflight(page, PAGE, method)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert "x-user-id" in answer.headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/api/user/pat", 401),
        ("GET", "/nothing", 404),
        ("POST", "/api/user/create", 413),
    ],
)
def test_an_allowed_page_reads_every_answer(
    page: httpx2.Client, method: str, path: str, status: int
) -> None:
    """Errors too, with the request id that it may quote."""
    content = b" " * 65537 if status == 413 else None
    answer = page.request(method, path, content=content, headers={"Origin": PAGE, **JSON})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "origin", [OTHER, "null", f"{PAGE}.evil.example", "http://app.example.com"]
)
def test_another_page_reads_nothing(page: httpx2.Client, origin: str) -> None:
    """The browser keeps from it what is not allowed."""
    assert preflight(page, origin).status_code == 400
    assert "Access-Control-Allow-Origin" not in preflight(page, origin).headers
    answer = page.get("/health", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_origins_no_page_is_allowed(sqlite_files: SqliteFiles) -> None:
    """The default; pages of this server itself need none."""
    with (
        run_service(database_url=sqlite_files.new()) as server,
        httpx2.Client(base_url=server.url, trust_env=False) as http,
    ):
        assert refusal(preflight(http, PAGE)) == (403, 5002)
        answer = http.get("/health", headers={"Origin": PAGE})
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_star_allows_every_page_but_no_cookies(sqlite_files: SqliteFiles) -> None:
    """Nothing here is known by a cookie."""
    with (
        run_service(database_url=sqlite_files.new(), cors_origins="*") as server,
        httpx2.Client(base_url=server.url, trust_env=False) as http,
    ):
        answer = http.get("/health", headers={"Origin": OTHER})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
