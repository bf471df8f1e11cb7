import json
from typing import Any

import pytest

from tests.services.ai.calls.support import (
    CHUNKED,
    EVENT_STREAM,
    RawServer,
    Script,
    asked,
    events,
    failed,
    response,
    sends,
    streams,
)

OPENAI: dict[str, Any] = {"ai_protocol": "openai"}


def chunk(content: str | None = None, finish_reason: str | None = None) -> str:
    delta = {"role": "assistant", "content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps({"id": "c1", "object": "chat.completion.chunk", "choices": [choice]})


WHOLE = events(chunk("ab"), chunk(None, "stop"))


@pytest.mark.parametrize("path", ["/v1", "/v1/"])
async def test_what_is_asked(ai: RawServer, path: str) -> None:
    """The whole talk as messages; what is not set is not sent."""
    ai.script = streams(chunk("yes"), "[DONE]")
    await asked(f"{ai.url}{path}?v=1", ai_service_api_key="key", ai_model="small", **OPENAI)
    assert ai.heads[-1].startswith("POST /v1/chat/completions?v=1 HTTP/1.1\r\n")
    assert ai.headers["authorization"] == "Bearer key"
    assert ai.bodies == [
        {
            "model": "small",
            "stream": True,
            "messages": [
                {"role": "user", "content": "before"},
                {"role": "assistant", "content": "rest", "name": "doctor"},
                {"role": "user", "content": "hello"},
            ],
        }
    ]


async def test_all_that_can_be_set(ai: RawServer) -> None:
    """The system prompt comes first."""
    ai.script = streams(chunk("yes"), "[DONE]")
    await asked(
        ai.url, ai_stream=False, ai_system_prompt="Be kind.", ai_temperature=0.0,
        ai_max_tokens=50, **OPENAI,
    )  # fmt: skip
    (body,) = ai.bodies
    assert (body["stream"], body["temperature"], body["max_tokens"]) == (False, 0.0, 50)
    assert body["messages"][0] == {"role": "system", "content": "Be kind."}


@pytest.mark.parametrize(
    ("datas", "finish_reason"),
    [
        ([chunk("a"), chunk("b"), "[DONE]"], "complete"),
        ([chunk(""), chunk("a"), chunk("b", "stop"), "[DONE]"], "complete"),
        ([chunk("a"), chunk("b"), chunk(None, "length"), '{"choices":[]}', "[DONE]"], "length"),
        ([chunk("a"), chunk("b"), '{"choices":[{"finish_reason":"stop"}]}'], "complete"),
        ([chunk("a", ""), chunk("b", ""), "[DONE]"], "complete"),
    ],
)
async def test_a_stream(ai: RawServer, datas: list[str], finish_reason: str) -> None:
    """With or without a reason, a last chunk of usage, and `[DONE]` where a reason came."""
    ai.script = streams(*datas)
    answer, heard = await asked(ai.url, **OPENAI)
    assert (answer.text, answer.finish_reason) == ("ab", finish_reason)
    assert heard == ["a", "b"]


@pytest.mark.parametrize(
    ("reason", "finish_reason"), [("stop", "complete"), ("length", "length"), (None, "complete")]
)
async def test_a_plain_answer(ai: RawServer, reason: str | None, finish_reason: str) -> None:
    """From a server that does not stream."""
    choice = {"message": {"role": "assistant", "content": "yes"}, "finish_reason": reason}
    ai.script = sends(response(json.dumps({"choices": [choice]}).encode()))
    answer, heard = await asked(f"{ai.url}/v1", **OPENAI)
    assert (answer.text, answer.finish_reason, heard) == ("yes", finish_reason, [])
    assert answer.service_url == f"{ai.url}/v1"


@pytest.mark.parametrize(
    "script",
    [
        sends(EVENT_STREAM + WHOLE, then_hang=True),
        sends(CHUNKED + b"%x\r\n%s\r\n" % (len(WHOLE), WHOLE), close=True),
    ],
    ids=["silence", "cut"],
)
async def test_a_stream_that_lacks_only_its_mark(ai: RawServer, script: Script) -> None:
    """The reason has said that the reply is whole: what goes wrong behind it does not matter."""
    ai.script = script
    answer, heard = await asked(ai.url, ai_read_timeout=0.5, **OPENAI)
    assert (answer.text, answer.finish_reason, heard) == ("ab", "complete", ["ab"])


ERROR = '{"error":{"message":"overloaded","code":500}}'
STREAMS: dict[str, tuple[list[str], int, bool]] = {
    "an error": ([chunk("a"), ERROR], 4001, True),
    "cut off": ([chunk("a")], 4001, True),
    "cut off, with reasons that are none": ([chunk("a", "")], 4001, True),
    "no choices": ([chunk("a"), "{}"], 4003, False),
    "choices of a wrong kind": ([chunk("a"), '{"choices":[{"delta":"x"}]}'], 4003, False),
}


@pytest.mark.parametrize(("datas", "number", "again"), STREAMS.values(), ids=STREAMS)
async def test_streams_that_fail(ai: RawServer, datas: list[str], number: int, again: bool) -> None:
    """What came before was heard."""
    ai.script = streams(*datas)
    error, heard = await failed(ai.url, **OPENAI)
    assert (error.number, error.worth_repeating, heard) == (number, again, ["a"])


PLAIN: dict[str, tuple[str, int, bool]] = {
    "an error": (ERROR, 4001, True),
    "no choices": ("{}", 4003, False),
    "an empty list": ('{"choices":[]}', 4003, False),
    "no message": ('{"choices":[{}]}', 4003, False),
    "no text": ('{"choices":[{"message":{"content":null}}]}', 4003, False),
    "the other protocol": ('{"reply":"yes"}', 4003, False),
}


@pytest.mark.parametrize(("body", "number", "again"), PLAIN.values(), ids=PLAIN)
async def test_plain_answers_that_fail(ai: RawServer, body: str, number: int, again: bool) -> None:
    """An error with status 200 is one all the same."""
    ai.script = sends(response(body.encode()))
    error, heard = await failed(ai.url, **OPENAI)
    assert (error.number, error.worth_repeating, heard) == (number, again, [])
