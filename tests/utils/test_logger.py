import asyncio
import io
import json
import logging
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app.config import load_settings
from app.utils.logger import QUIET, configure_logging
from tests.api.steps import JSON, LONE_SURROGATE, accepted, by, create_ward, raw, refusal
from tests.support.backends import with_driver
from tests.support.processes import ServerProcess, server_process
from tests.support.servers import run_program
from tests.support.sockets import open_socket
from tests.support.waiting import eventually

MARKER = "Zaubernuss"
"""Stands in every text that anybody sends; no line of a log may hold it."""


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Configures logging as a program does, and gives the lines since; all is undone after."""
    configured = structlog.get_config()
    names = [None, *QUIET]
    before = [(log, log.handlers[:], log.level) for log in map(logging.getLogger, names)]

    def configure(**settings: object) -> Any:
        configure_logging(load_settings(**settings).log)
        return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield configure
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
    structlog.configure(**configured)


NOTHING: dict[str, int] = {}


def fail_with(message: str) -> int:
    try:
        return NOTHING[message]
    except KeyError as error:
        raise ValueError(message) from error


def failing(message: str) -> ValueError:
    """An error with a cause, as it comes out of a call."""
    try:
        fail_with(message)
    except ValueError as error:
        return error
    raise AssertionError


def test_an_event_is_one_line_of_json(log: Any) -> None:
    """With its level, its time in UTC, and the request it belongs to."""
    lines = log(log_format="json")
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        structlog.get_logger("x").warning("stored", length=5, note="two\nlines")
    (line,) = lines()

    assert (line["event"], line["level"], line["length"]) == ("stored", "warning", 5)
    assert line["request_id"] == "req_1"
    assert line["timestamp"].endswith("Z")


def test_lines_of_libraries_have_the_same_form(log: Any) -> None:
    """They tell which library it was."""
    lines = log(log_format="json")
    logging.getLogger("some.library").warning("%s of %s", 1, 2)
    (line,) = lines()

    assert (line["event"], line["level"], line["logger"]) == ("1 of 2", "warning", "some.library")
    assert line["timestamp"].endswith("Z")


def test_an_exception_is_its_types_and_places(log: Any) -> None:
    """Never its text, which may quote a message, whoever logs it and however."""
    lines = log(log_format="json")
    error = failing(MARKER)
    structlog.get_logger("x").error("failed", exc_info=error)
    logging.getLogger("uvicorn.error").error("failed", exc_info=error)
    logging.getLogger("x").error("failed", exc_info=(type(error), error, error.__traceback__))
    try:
        fail_with(MARKER)
    except ValueError:
        structlog.get_logger("x").exception("failed")
        logging.getLogger("x").exception("failed")
    found = lines()

    assert len(found) == 5
    for line in found:
        assert [link["type"] for link in line["failure"]] == ["ValueError", "KeyError"]
        assert any("test_logger.py" in place for place in line["failure"][0]["places"])
        assert MARKER not in json.dumps(line)


async def test_a_forgotten_task_tells_no_text(log: Any) -> None:
    """asyncio logs the task with all that it has, its exception's text among it."""
    lines = log(log_format="json", log_level="DEBUG")

    async def fails() -> None:
        raise failing(MARKER)

    task = asyncio.create_task(fails(), name="forgotten")
    await asyncio.wait([task])
    context = {"message": "Task exception was never retrieved", "task": task}
    asyncio.get_running_loop().default_exception_handler(context | {"exception": failing(MARKER)})
    assert isinstance(task.exception(), ValueError)
    (line,) = lines()

    assert line["event"] == "Task exception was never retrieved"
    assert line["failure"][0]["type"] == "ValueError"
    assert MARKER not in json.dumps(line)


def test_an_exception_group_ends(log: Any) -> None:
    """As does one that is its own cause in the end."""
    lines = log(log_format="json")
    first, second = ValueError(MARKER), KeyError(MARKER)
    first.__context__, second.__context__ = second, first
    structlog.get_logger("x").error("failed", exc_info=first)
    (line,) = lines()
    assert [link["type"] for link in line["failure"]] == ["ValueError", "KeyError"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [("DEBUG", "diwe"), ("INFO", "iwe"), ("WARNING", "we"), ("ERROR", "e")],
)
def test_the_level_is_everybodys(log: Any, level: str, expected: str) -> None:
    """This service's own events and those of libraries."""
    lines = log(log_format="json", log_level=level)
    for logger in (structlog.get_logger("x"), logging.getLogger("x")):
        for name in ("debug", "info", "warning", "error"):
            getattr(logger, name)(name[0])
    assert [line["event"] for line in lines()] == [*expected, *expected]


@pytest.mark.parametrize("name", ["uvicorn.access", "uvicorn.error", "httpx2", "httpcore2.http11"])
def test_chatty_libraries_are_heard_from_warnings_on(log: Any, name: str) -> None:
    """Below that they tell whole addresses, headers and frames."""
    lines = log(log_format="json", log_level="DEBUG")
    logger = logging.getLogger(name)
    logger.debug(MARKER)
    logger.info(MARKER)
    logger.warning("heard")
    assert [line["event"] for line in lines()] == ["heard"]


def test_handlers_of_a_foreign_server_are_replaced(
    log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """uvicorn's own would print tracebacks with all their text."""
    logger = logging.getLogger("uvicorn")
    theirs = logging.StreamHandler(sys.stderr)
    logger.addHandler(theirs)
    logger.propagate = False
    lines = log(log_format="json")
    logging.getLogger("uvicorn.error").error("failed", exc_info=failing(MARKER))

    assert [line["event"] for line in lines()] == ["failed"]


def test_configuring_twice_prints_once(log: Any) -> None:
    """As a program does that starts another in its own process."""
    log(log_format="json")
    lines = log(log_format="json")
    structlog.get_logger("x").warning("a")
    logging.getLogger("x").warning("b")
    assert [line["event"] for line in lines()] == ["a", "b"]


def test_a_line_that_cannot_be_made_is_told_without_its_parts(
    log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A library's mistake ends neither the program nor the rule."""
    log(log_format="json")
    record = logging.makeLogRecord({"name": "some.library", "msg": "%d", "args": (MARKER,)})
    logging.getLogger().handlers[-1].handle(record)
    printed = capsys.readouterr().err
    assert "some.library" in printed
    assert MARKER not in printed


def test_people_get_text(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """With the same rules."""
    log(log_format="text")
    structlog.get_logger("x").warning("stored", length=5, exc_info=failing(MARKER))
    logging.getLogger("x").error("failed", exc_info=failing(MARKER))
    printed = capsys.readouterr().err
    assert "stored" in printed
    assert "length" in printed
    assert "ValueError" in printed
    assert MARKER not in printed


def failing_ai() -> FastAPI:
    """Repeats what it hears, well or badly."""
    app = FastAPI()

    @app.post("/")
    async def answer(request: Request) -> Any:
        message = (await request.json())["message"]
        if "bad json" in message:
            return JSONResponse({"nope": message})
        if "bad status" in message:
            return PlainTextResponse(message, 500)
        return JSONResponse({"reply": message})

    return app


async def test_no_text_reaches_the_log_at_any_level(database_url: str, tmp_path: Path) -> None:
    """A real server at DEBUG level, and the marker on every way in: what is stored, what is
    refused, what fails inside, and what the AI says."""
    file = tmp_path / "log"
    with run_program(failing_ai()) as ai:
        env = {"DATABASE_URL": database_url, "AI_SERVICE_URL": f"{ai}/?key={MARKER}"}
        env |= {"AI_HANDOFF_SECONDS": "0", "AI_MAX_ATTEMPTS": "1"}
        with server_process(file, LOG_LEVEL="DEBUG", LOG_FORMAT="json", **env) as server:
            async with server.http() as http:
                group_id, patient = await create_ward(http)
                await store(http, group_id, patient)
                await refuse(http, group_id)
                await talk(server, group_id, patient)
                break_messages(database_url)
                await fail(http, server, group_id, patient)
            disturb(server)
            server.stop()
    written = file.read_text()
    events = [json.loads(line) for line in written.splitlines() if line.startswith("{")]

    assert MARKER not in written
    assert {"started", "stopped", "ai_reply", "ai_failed", "send_failed"} <= {
        event["event"] for event in events
    }
    assert len(written.splitlines()) - len(events) <= 1


async def store(http: httpx2.AsyncClient, group_id: str, patient: str) -> None:
    """As people do; the AI answers, and fails, with the same words."""
    body = {"username": MARKER, "user_role": "PATIENT"}
    accepted(await http.post("/api/user/create", json=body))
    body = {"group_name": MARKER, "description": MARKER}
    accepted(await http.post("/api/group/create", json=body))
    accepted(await http.post("/api/ai/test", json={"message": f"{MARKER} bad status"}))
    for count, words in enumerate(("", " bad json", " bad status"), 1):
        message = {"group_id": group_id, "content": MARKER + words, "client_msg_id": words or "1"}
        accepted(await http.post("/api/message/send", json=message, headers=by(patient)))
        await eventually(partial(statuses, http, group_id), partial(all_ended, count))
    assert sorted(await statuses(http, group_id)) == [1, 2, 2]


async def statuses(http: httpx2.AsyncClient, group_id: str) -> list[int]:
    page = accepted(await http.get("/api/ai/interactions", params={"group_id": group_id}))
    return [record["status"] for record in page["records"]]


def all_ended(count: int, found: list[int]) -> bool:
    return len(found) == count and 0 not in found


async def refuse(http: httpx2.AsyncClient, group_id: str) -> None:
    """With the marker in values, names, addresses, ids and tokens."""
    bodies: list[dict[str, Any]] = [
        {"content": MARKER},
        {"content": [MARKER], "group_id": group_id},
        {"content": MARKER * 600, "group_id": group_id},
        {"content": f"{MARKER}\x00", "group_id": group_id},
        {"content": MARKER + LONE_SURROGATE, "group_id": group_id},
        {"content": MARKER, "group_id": f"group_{MARKER}"},
        {"content": MARKER, "group_id": group_id, "msg_type": MARKER},
        {"content": MARKER, "group_id": group_id, "msg_type": "IMAGE"},
        {"content": MARKER, "group_id": group_id, "reply_to_message_id": MARKER},
        {"content": MARKER, "group_id": group_id, MARKER: MARKER},
        {"content": MARKER, "group_id": group_id, "client_msg_id": "used"},
        {"content": f"{MARKER}!", "group_id": group_id, "client_msg_id": "used"},
        {"content": MARKER * 10_000},
    ]
    headers = JSON | {"Authorization": f"Bearer {MARKER}"}
    for body in bodies:
        await http.post("/api/message/send", content=raw(body), headers=headers)
    await http.post("/api/message/send", content=f'{{"content": {MARKER}'.encode(), headers=JSON)
    await http.post("/api/message/send", content=MARKER.encode())
    for path in (f"/{MARKER}", f"/api/message/{MARKER}", f"/api/message/list?page={MARKER}"):
        await http.get(path)


async def talk(server: ServerProcess, group_id: str, patient: str) -> None:
    """Over the socket: what is stored, and what is refused there."""
    query = f"?ticket={MARKER}&token={MARKER}"
    async with open_socket(server.ws_url, patient, query=query) as pat:
        await pat.send(type="send_message", group_id=group_id, content=MARKER)
        await pat.receive("ai_reply")
        await pat.send(type=MARKER)
        await pat.send(type="send_message", group_id=group_id, content=MARKER, extra=MARKER)
        await pat.send(type="send_message", group_id=group_id, content=[MARKER])
        await pat.send(type="auth", token=MARKER)
        await pat.connection.send(f"{{{MARKER}")
        assert await pat.closed() == 4501


def break_messages(database_url: str) -> None:
    """From now on the database takes no message with these words, and says so with the row."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        statement = (
            "CREATE TRIGGER broken BEFORE INSERT ON messages WHEN NEW.msg_content LIKE '%broken%' "
            "BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    else:
        statement = "ALTER TABLE messages ADD CHECK (msg_content NOT LIKE '%broken%')"
    engine = create_engine(with_driver(database_url))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


async def fail(
    http: httpx2.AsyncClient, server: ServerProcess, group_id: str, patient: str
) -> None:
    """A fault that nobody has foreseen, over HTTP and over the socket; then all is as before."""
    body = {"group_id": group_id, "content": f"{MARKER} broken"}
    assert refusal(await http.post("/api/message/send", json=body)) == (500, 9001)
    async with open_socket(server.ws_url, patient) as pat:
        await pat.send(type="send_message", **body)
        while (frame := json.loads(await pat.connection.recv()))["type"] != "error":
            pass
    assert frame["number"] == 9001
    accepted(await http.post("/api/message/send", json=body | {"content": "as before"}))


def disturb(server: ServerProcess) -> None:
    """What is no HTTP, and a client that goes away in the middle."""
    for start in (
        f"{MARKER} {MARKER}\r\n\r\n",
        f"GET /{MARKER} HTTP/9.9\r\nX: {MARKER}\r\n\r\n",
        f"POST /api/message/send HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{MARKER}",
        f"GET /ws/{MARKER} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(start.encode())


class Gone(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_log_that_cannot_be_written_stops_nothing(
    log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are lost, and nobody who logs notices."""
    monkeypatch.setattr(sys, "stderr", Gone())
    structlog.get_logger("x").error("lost")
    logging.getLogger("y").error("lost too")
