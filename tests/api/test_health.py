import re
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.api.steps import accepted, create_group, refusal, send
from tests.support.backends import administrative
from tests.support.servers import RunningServer


async def test_health_says_that_the_process_lives(http: httpx2.AsyncClient) -> None:
    """With its version, and nothing that could fail."""
    body = accepted(await http.get("/health"))
    assert set(body) == {"status", "version"}
    assert body["status"] == "ok"
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", body["version"])


async def test_ready_tells_the_state_of_each_part(
    http: httpx2.AsyncClient, database_url: str
) -> None:
    """The database by its kind, the bus, and the AI layer with the work it has."""
    body = accepted(await http.get("/ready"))
    kind = make_url(database_url).get_backend_name()
    assert body == {
        "status": "ready",
        "database": {"ok": True, "state": kind},
        "bus": {"ok": True, "state": "local"},
        "ai": {"ok": True, "state": "on, 0 in work, circuits: default closed"},
    }


def test_ready_without_an_ai_service_is_still_ready(shared: httpx2.Client) -> None:
    """The layer is optional, and `ready` says that it is off."""
    body = accepted(shared.get("/ready"))
    assert (body["status"], body["ai"]) == ("ready", {"ok": True, "state": "off"})


async def test_without_its_database_the_service_is_alive_but_not_ready(
    http: httpx2.AsyncClient, database_url: str
) -> None:
    """503 in the shape of `ready`, with no word of how the database is reached."""
    group_id = await create_group(http)
    await send(http, group_id, "x")
    destroy(database_url)
    answer = await http.get("/ready")
    body = answer.json()

    assert answer.status_code == 503
    assert set(body) == {"status", "database", "bus", "ai"}
    assert (body["status"], body["database"]["ok"]) == ("not_ready", False)
    assert str(make_url(database_url).database) not in answer.text
    assert accepted(await http.get("/health"))["status"] == "ok"


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_a_call_that_needs_a_lost_database_may_be_tried_again(
    server: RunningServer, database_url: str
) -> None:
    """503 with 5004, retryable, for reading and for sending."""
    async with server.http() as http:
        group_id = await create_group(http)
        destroy(database_url)
        body = {"group_id": group_id, "content": "x"}
        assert refusal(await http.post("/api/message/send", json=body)) == (503, 5004)
        assert refusal(await http.get(f"/api/group/{group_id}")) == (503, 5004)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
@pytest.mark.parametrize("server_settings", [{"database_timeout": 0.5}], ids=["impatient"])
async def test_a_database_that_does_not_answer_is_not_waited_for(
    http: httpx2.AsyncClient, database_url: str
) -> None:
    """A probe that hangs tells its caller nothing: `ready` gives up after DATABASE_TIMEOUT."""
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE database_identity IN ACCESS EXCLUSIVE MODE"))
        answer = await http.get("/ready", timeout=5)
    engine.dispose()

    assert answer.status_code == 503
    assert answer.json()["database"]["ok"] is False


def destroy(database_url: str) -> None:
    """As when somebody drops the database, or writes over its file."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        for file in (path, Path(f"{path}-wal")):
            file.write_bytes(b"no database at all" * 4096)
        return
    engine = create_engine(administrative(database_url), isolation_level="AUTOCOMMIT")
    force = " WITH (FORCE)" if url.get_backend_name() == "postgresql" else ""
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {url.database}{force}"))
    engine.dispose()
