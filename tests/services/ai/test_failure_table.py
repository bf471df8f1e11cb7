"""The table of docs/ai-failures.md, from a run: what each failure of the AI leaves behind."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

from app.config import LogSettings
from app.utils.logger import configure_logging
from tests.services.ai.faulty import FAULTS, faulty_ai
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service
from tests.support.sockets import open_socket
from tests.support.waiting import eventually

PAGE = Path(__file__).parents[3] / "docs" / "ai-failures.md"
HEAD = (
    "| the AI service | record: status, number | attempts | members saw | log |",
    "|---|---|---|---|---|",
)
WORD = "Kopfschmerz"
QUICK: dict[str, Any] = {
    "ai_max_attempts": 2, "ai_retry_seconds": 0.05, "ai_connect_timeout": 1.0,
    "ai_first_byte_timeout": 2.0, "ai_read_timeout": 2.0, "ai_service_timeout": 5.0,
    "ai_max_reply_bytes": 1024, "ai_breaker_failures": 1000, "ai_breaker_window": 1000,
    "ai_delta_tokens": 1,
}  # fmt: skip
AT_ONCE = 16
ENDS, LAST = {"ai_reply", "ai_reply_failed"}, {"ai_reply", "ai_failed"}
FAILED = 2
NOBODY_LISTENS = "http://127.0.0.1:9/"
WARY = {"ai_breaker_failures": 1, "ai_breaker_window": 1}
Settings = dict[str, Any]


@contextmanager
def logged() -> Iterator[StringIO]:
    """All from INFO on, one JSON object a line."""
    configure_logging(LogSettings(log_level="INFO", log_format="json"))
    with redirect_stderr(StringIO()) as text:
        yield text
    configure_logging(LogSettings(log_level="WARNING", log_format="json"))


@contextmanager
def deaf() -> Iterator[str]:
    """A listener that accepts nothing, with its queue full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        for one in waiting:
            one.close()


def places(ai_url: str, deaf_url: str) -> dict[str, Settings]:
    """What may be wrong with the address."""
    gone = {"ai_service_url": NOBODY_LISTENS}
    return {
        "nobody listens": gone,
        "nobody listens, and the circuit opens": {**gone, **WARY},
        "nobody listens, and there is a fall-back": {**gone, **WARY, "ai_fallback_url": ai_url},
        "does not take the connection": {"ai_service_url": deaf_url},
        "its name leads where AI_ALLOWED_HOSTS does not": {
            "ai_service_url": "http://localhost:9/", "ai_allowed_hosts": "10.0.0.0/8",
        },
    }  # fmt: skip


def started(stack: ExitStack, files: SqliteFiles, settings: Settings) -> RunningServer:
    return stack.enter_context(run_service(database_url=files.new(), **{**QUICK, **settings}))


async def row(server: RunningServer, log: StringIO, user: str, fault: str) -> str:
    """Asks in a session of its own, and tells what record, members and log hold then."""
    async with open_socket(server.ws_url, user) as member, server.http(user) as http:
        await member.send(type="send_message", content=f"{fault}\n{WORD}")
        frames = [await member.receive("message_sent")]
        while frames[-1]["type"] not in ENDS:
            frames.append(json.loads(await member.connection.recv()))
        page = await http.get("/api/ai/records", params={"session_id": user})
        total = (await http.get("/api/message/list", params={"session_id": user})).json()["total"]
    (record,) = page.json()["records"]
    lines = await lines_of(log, record["record_id"])
    check(record, frames[-1], lines, total)
    assert not fault.startswith("429") or lines[0]["again_in_s"] >= 1
    cells = fault, end_of(record, frames[-1]), record["attempts"], seen(frames[1:]), told(lines)
    return "| " + " | ".join(map(str, cells)) + " |"


async def lines_of(log: StringIO, record_id: str) -> list[dict[str, Any]]:
    """The record's lines, once the last is there."""

    async def look() -> list[dict[str, Any]]:
        lines = (line for line in log.getvalue().splitlines() if record_id in line)
        return [json.loads(line) for line in lines]

    return await eventually(look, lambda found: any(line["event"] in LAST for line in found))


def check(
    record: dict[str, Any], frame: dict[str, Any], lines: list[dict[str, Any]], total: int
) -> None:
    """Frame, record and log tell the same, each with what it alone has."""
    failed = record["status"] == FAILED
    assert frame["type"] == ("ai_reply_failed" if failed else "ai_reply")
    assert (total, record["ai_message_id"] is None) == ((1, True) if failed else (2, False))
    assert record["error_number"] == lines[-1].get("number") == frame.get("number")
    assert record["error_message"] == frame.get("message")
    assert record["duration_ms"] == lines[-1]["duration_ms"] >= 0
    assert [line["attempt"] for line in lines[:-1]] == list(range(1, record["attempts"]))


def end_of(record: dict[str, Any], frame: dict[str, Any]) -> str:
    if record["status"] != FAILED:
        return f"1: “{frame['content']}”"
    return f"2, {record['error_number']} `{frame['code']}`: {record['error_message']}"


def seen(frames: list[dict[str, Any]]) -> str:
    """What came several times in a row is named once."""
    kinds = [frame["type"].removeprefix("ai_reply_") for frame in frames]
    return ", ".join(f"`{kind}`" for kind, _ in groupby(kinds))


def told(lines: list[dict[str, Any]]) -> str:
    return ", ".join(f"`{line['event']}` {line.get('number', '')}".strip() for line in lines)


async def test_the_table_in_the_docs(sqlite_files: SqliteFiles) -> None:
    """Is what a run shows, word for word; and no log says what was said."""
    room = asyncio.Semaphore(AT_ONCE)

    async def asked(number: int, fault: str, server: RunningServer) -> str:
        async with room:
            return await row(server, log, f"pat{number}", fault)

    async with faulty_ai() as ai:
        with logged() as log, deaf() as deaf_url, ExitStack() as stack:
            wrong = places(ai.url, deaf_url).items()
            servers = {place: started(stack, sqlite_files, settings) for place, settings in wrong}
            servers |= dict.fromkeys(
                FAULTS, started(stack, sqlite_files, {"ai_service_url": ai.url})
            )
            asking = (asked(n, *pair) for n, pair in enumerate(servers.items()))
            rows = await asyncio.gather(*asking)
        assert all(call.startswith("POST / ") for call in ai.heads)  # no redirect is followed
    written = "\n".join([*HEAD, *rows]) + "\n"
    assert written in PAGE.read_text(), f"{PAGE.name} should say:\n{written}"
    assert WORD not in log.getvalue()
