"""The instant-messaging service with the reference AI service, each a real server."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ai_service.engine import LoadProfile
from ai_service.engines import engine_factories
from ai_service.main import create_app
from tests.services.ai.conftest import PATIENT
from tests.support.databases import SqliteFiles
from tests.support.groups import interactions, open_ward
from tests.support.servers import run_program, run_service
from tests.support.sockets import open_socket

PATHS = {"im": "/chat", "openai": "/v1"}
WORDS = "Ich habe seit gestern Kopfschmerzen und 38,5 °C Fieber. 怎么办？"


@pytest.fixture
def simulated() -> Iterator[str]:
    engine = engine_factories()["simulate"](LoadProfile())
    with run_program(create_app(engine, api_key="key")) as url:
        yield url


async def asked(files: SqliteFiles, content: str, **settings: Any) -> tuple[Any, Any]:
    """The frames behind the patient's own, and the record."""
    with run_service(database_url=files.new(), **{**PATIENT, **settings}) as service:
        ward = await open_ward(service)
        async with open_socket(service.ws_url, ward.patient) as patient, service.http() as http:
            await patient.send(type="send_message", group_id=ward.group_id, content=content)
            frames = [await patient.receive("message_sent")]
            while not frames[-1].get("user_message_id") or frames[-1]["type"] == "ai_reply_start":
                frames.append(await patient.receive())
            (record,) = await interactions(http, ward.group_id)
    return frames[1:], record


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", PATHS)
async def test_both_protocols(
    sqlite_files: SqliteFiles, echo_ai: str, protocol: str, stream: bool
) -> None:
    """Say the same, in pieces or at once."""
    url = echo_ai + PATHS[protocol]
    settings = {"ai_service_url": url, "ai_protocol": protocol, "ai_stream": stream}
    settings |= {"ai_delta_tokens": 1}
    (start, *deltas, reply), record = await asked(sqlite_files, WORDS, **settings)
    assert start["type"] == "ai_reply_start"
    assert {frame["type"] for frame in deltas} <= {"ai_reply_delta"}
    assert "".join(frame["text"] for frame in deltas) == (WORDS if stream else "")
    assert (reply["content"], reply["finish_reason"]) == (WORDS, "complete")
    assert (record["status"], record["attempts"], record["ai_service_url"]) == (1, 1, url)


@pytest.mark.parametrize("protocol", PATHS)
async def test_as_many_calls_as_attempts(
    sqlite_files: SqliteFiles, simulated: str, protocol: str
) -> None:
    """Counted where they arrive: nobody repeats anything on the way."""
    script = '!sim {"attempts": [{"status": 503}, {"cut_after": 1}, {"tokens": ["at", " last"]}]}'
    settings = {
        "ai_service_url": simulated + PATHS[protocol], "ai_protocol": protocol,
        "ai_service_api_key": "key", "ai_max_attempts": 3,
    }  # fmt: skip
    frames, record = await asked(sqlite_files, script, **settings)
    answer = httpx2.get(f"{simulated}/stats", headers={"Authorization": "Bearer key"})
    assert frames[-1]["content"] == "at last"
    assert record["attempts"] == 3
    assert answer.json() == {"calls": 3, "by_key": {record["record_id"]: 3}, "in_progress": 0}
