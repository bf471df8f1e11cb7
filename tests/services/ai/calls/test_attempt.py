"""Everything a service can do wrong: the error's number, whether another attempt may help, and
what was heard before."""

import asyncio
import socket
from collections import Counter
from typing import Any

import pytest

from app.config import AISettings
from app.services.ai.calls import AICaller
from app.services.ai.calls.attempt import SLICE
from tests.services.ai.calls.support import (
    EVENT_STREAM,
    PLAIN,
    QUESTION,
    QUICK,
    RawServer,
    Script,
    asked,
    events,
    failed,
    repeats,
    response,
    sends,
    streams,
)

FAILED, TIMEOUT, BAD = 4001, 4002, 4003
A = '{"delta":"a"}'
BOUND = 1024


def broken_off(raw: bytes) -> Script:
    return sends(raw, close=True)


Case = tuple[Script, int, bool, list[str]]
CASES: dict[str, Case] = {
    "no answer": (broken_off(b""), FAILED, True, []),
    "not HTTP": (broken_off(b"SSH-2.0-OpenSSH\r\n\r\n"), FAILED, True, []),
    "half a head": (broken_off(b"HTTP/1.1 200 OK\r\nContent-Le"), FAILED, True, []),
    "head only": (broken_off(response(b"12")[:-2]), FAILED, True, []),
    "half a body": (broken_off(response(b'{"reply":"yes"}')[:-5]), FAILED, True, []),
    "half a chunk": (
        broken_off(PLAIN.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{")),
        FAILED, True, [],
    ),
    "compressed": (sends(response(b"x", "200 OK", "Content-Encoding: gzip")), BAD, False, []),
    "empty stream": (streams(), FAILED, True, []),
    "stream without an end": (streams(A, '{"delta":"b"}'), FAILED, True, ["a", "b"]),
    "end cut off": (broken_off(EVENT_STREAM + events(A) + b"data: [DO"), FAILED, True, ["a"]),
    "error in a stream": (streams(A, '{"error":"boom"}'), FAILED, True, ["a"]),
    "not JSON in a stream": (streams(A, "b"), BAD, False, ["a"]),
    "a list in a stream": (streams(A, "[]"), BAD, False, ["a"]),
    "neither delta nor reply": (streams(A, "{}"), BAD, False, ["a"]),
    "a number as delta": (streams(A, '{"delta":1}'), BAD, False, ["a"]),
    "only the end": (streams("[DONE]"), BAD, False, []),
    "blank deltas": (streams('{"delta":" "}', "[DONE]"), BAD, False, [" "]),
    "blank reply": (streams(A, '{"reply":" "}'), BAD, False, ["a"]),
    "long deltas": (
        streams('{"delta":"%s"}' % ("b" * 1000), '{"delta":"%s"}' % ("c" * 25), "[DONE]"),
        BAD, False, ["b" * 1000],
    ),
    "long reply in a stream": (streams(A, '{"reply":"%s"}' % ("b" * 1025)), BAD, False, ["a"]),
    "a line of 10 MB": (
        sends(EVENT_STREAM + events(A) + b"data: ", *[b"x" * 100_000] * 100), BAD, False, ["a"],
    ),
    "an event of 10 MB": (
        sends(EVENT_STREAM + events(A), *[b"data: " + b"x" * 990 + b"\n"] * 10_000),
        BAD, False, ["a"],
    ),
    "long": (sends(response(b'{"reply":"%s"}' % (b"x" * 1025))), BAD, False, []),
    "long in characters of three bytes": (
        sends(response(b'{"reply":"%s"}' % ("药" * 342).encode())), BAD, False, [],
    ),
    "endless deltas": (repeats(EVENT_STREAM, events('{"delta":""}', "{}")), BAD, False, []),
    "endless body": (repeats(PLAIN, b"x" * 10_000), BAD, False, []),
    "html": (sends(response(b"<html>", "200 OK", "Content-Type: text/html")), BAD, False, []),
    "empty body": (sends(response(b"")), BAD, False, []),
    "no content": (sends(b"HTTP/1.1 204 No Content\r\n\r\n"), BAD, False, []),
    "empty object": (sends(response(b"{}")), BAD, False, []),
    "list": (sends(response(b"[]")), BAD, False, []),
    "a number": (sends(response(b'{"reply":42}')), BAD, False, []),
    "null": (sends(response(b'{"reply":null}')), BAD, False, []),
    "not UTF-8": (sends(response(b'{"reply":"\xff"}')), BAD, False, []),
    "deep": (sends(response(b"[" * 20_000)), BAD, False, []),
    "digits": (sends(response(b'{"reply":%s}' % (b"1" * 5000))), BAD, False, []),
    "empty reply": (sends(response(b'{"reply":""}')), BAD, False, []),
    "blank": (sends(response(b'{"reply":" \\n\\u0000"}')), BAD, False, []),
}  # fmt: skip


@pytest.mark.parametrize(("script", "number", "again", "pieces"), CASES.values(), ids=CASES)
async def test_a_broken_answer(
    ai: RawServer, script: Script, number: int, again: bool, pieces: list[str]
) -> None:
    """Ends in its number; a cut is worth another attempt, an answer that is wrong is not."""
    ai.script = script
    error, heard = await failed(ai.url, ai_max_reply_bytes=BOUND)
    assert (error.number, error.worth_repeating, heard) == (number, again, pieces)
    assert error.retry_after_s is None
    assert ai.connections == 1


@pytest.mark.parametrize("text", ["x" * BOUND, "药" * (BOUND // 3)])
@pytest.mark.parametrize("form", ['{"reply":"%s"}', '{"a":"' + "b" * 9000 + '","reply":"%s"}'])
async def test_a_reply_as_long_as_it_may_be(ai: RawServer, text: str, form: str) -> None:
    """Is taken, however JSON writes it and whatever stands around it."""
    for written in (text, "".join(f"\\u{ord(c):04x}" for c in text)):
        for script in (sends(response((form % written).encode())), streams(form % written)):
            ai.script = script
            assert (await asked(ai.url, ai_max_reply_bytes=BOUND))[0].text == text


STATUSES: dict[str, tuple[bool, str | None, float | None]] = {
    "400 Bad Request": (False, "9", None),
    "401 Unauthorized": (False, None, None),
    "404 Not Found": (False, None, None),
    "422 Unprocessable Content": (False, None, None),
    "408 Request Timeout": (True, None, None),
    "429 Too Many Requests": (True, "9", 9.0),
    "429 Slow Down": (True, "Fri, 31 Dec 9999 23:59:59 GMT", 600.0),
    "429 Slow": (True, "soon", None),
    "500 Internal Server Error": (True, None, None),
    "503 Service Unavailable": (True, "100000", 600.0),
    "301 Moved Permanently": (False, None, None),
    "307 Temporary Redirect": (False, None, None),
    "304 Not Modified": (False, None, None),
}


@pytest.mark.parametrize(("again", "header", "wait"), STATUSES.values(), ids=STATUSES)
async def test_a_status(
    ai: RawServer, request: pytest.FixtureRequest, again: bool, header: str | None,
    wait: float | None,
) -> None:  # fmt: skip
    """The message names it; a redirect is not followed; Retry-After is told where it helps."""
    status = str(request.node.callspec.id)
    extra = [f"Retry-After: {header}"] if header else []
    body = b"" if status.startswith("304") else b"{}"  # which may have none (RFC 9110, 15.4.5)
    ai.script = sends(response(body, status, f"Location: {ai.url}/else", *extra))
    error, heard = await failed(ai.url)
    assert (error.number, error.worth_repeating, error.retry_after_s) == (FAILED, again, wait)
    assert f"HTTP {status[:3]}" in error.message
    assert (heard, len(ai.heads)) == ([], 1)


SHORT: dict[str, Any] = {"ai_first_byte_timeout": 0.3}
STALL: dict[str, Any] = {"ai_read_timeout": 0.3}
WHOLE: dict[str, Any] = {"ai_service_timeout": 1.0}
SLOW: dict[str, tuple[Script, dict[str, Any], bool, bool]] = {
    "no head": (sends(then_hang=True), SHORT, True, False),
    "half a head": (sends(b"HTTP/1.1 200 OK\r\nA: ", then_hang=True), SHORT, True, False),
    "a head in drips": (repeats(b"HTTP/1.1 200 OK\r\nA: ", b"a", 0.02), SHORT, True, False),
    "no body": (sends(EVENT_STREAM, then_hang=True), SHORT, True, False),
    "silence": (sends(EVENT_STREAM + events(A), then_hang=True), STALL, True, True),
    "silence in a plain body": (sends(PLAIN + b"{", then_hang=True), STALL, True, False),
    "drips": (repeats(EVENT_STREAM + events(A), events('{"delta":""}'), 0.02), WHOLE, False, True),
    "remarks": (repeats(EVENT_STREAM + events(A), b": wait\n", 0.02), WHOLE, False, True),
    "a flood of remarks": (
        repeats(EVENT_STREAM + events(A), b": wait\n\n" * 1000), WHOLE, False, True,
    ),
    "a plain body in drips": (repeats(PLAIN + b'{"reply":"', b"a", 0.02), WHOLE, False, False),
}  # fmt: skip


@pytest.mark.parametrize(("script", "settings", "again", "began"), SLOW.values(), ids=SLOW)
async def test_a_slow_answer(
    ai: RawServer, script: Script, settings: dict[str, Any], again: bool, began: bool
) -> None:
    """Each clock has its own setting. Only the end of the whole time is not worth repeating."""
    ai.script = script
    error, heard = await failed(ai.url, **settings)
    assert (error.number, error.worth_repeating) == (TIMEOUT, again)
    assert heard == (["a"] if began else [])


async def test_pieces_set_the_clock_back(ai: RawServer) -> None:
    """A reply may take longer than its first byte or a pause may."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(EVENT_STREAM)
        for _ in range(8):
            writer.write(events(A))
            await asyncio.sleep(0.2)
        writer.write(events("[DONE]"))
        writer.close()

    ai.script = script
    answer, _ = await asked(ai.url, ai_first_byte_timeout=1.0, ai_read_timeout=1.0)
    assert answer.text == "a" * 8


async def test_a_flood_leaves_room_for_others(ai: RawServer) -> None:
    """However much comes at once: the event loop goes round while it is read."""
    flood = events(*['{"delta":"a"}'] * 2000, "[DONE]")
    ai.script = sends(response(flood, "200 OK", "Content-Type: text/event-stream"))
    round_number = 0

    async def go_round() -> None:
        nonlocal round_number
        while True:
            round_number += 1
            await asyncio.sleep(0)

    rounds: Counter[int] = Counter()
    going = asyncio.create_task(go_round())
    caller = AICaller(AISettings(ai_service_url=ai.url, **QUICK))
    await caller.ask(QUESTION, "rec_1", lambda _: rounds.update([round_number]))
    going.cancel()
    await caller.close()
    assert rounds.total() == 2000
    assert max(rounds.values()) <= 2 * SLICE / len(events(A))


async def test_nobody_listens() -> None:
    """Worth another attempt: it may be starting."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        error, _ = await failed(url)
    assert (error.number, error.worth_repeating) == (FAILED, True)


async def test_a_connection_that_nobody_takes() -> None:
    """Its clock is its own: the queue of a listener that accepts nothing is full."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}/"
        error, _ = await failed(url, ai_connect_timeout=0.3, ai_first_byte_timeout=5.0)
        for one in waiting:
            one.close()
    assert (error.number, error.worth_repeating) == (TIMEOUT, True)
    assert "connection" in error.message


@pytest.mark.parametrize("host", ["ex..ample", "a" * 64 + ".example", "\U0001f600\ufffd"])
async def test_a_name_that_cannot_be_one(host: str) -> None:
    """Settings see only its form. Whatever the resolver raises, it ends in a number."""
    error, _ = await failed(f"http://{host}/")
    assert error.number == FAILED


async def test_no_tls_where_it_is_expected() -> None:
    """Cannot be reached, so far as anybody knows."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", "400 Bad Request"))
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as plain:
        url = f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}/"
        error, _ = await failed(url)
    assert (error.number, error.worth_repeating) == (FAILED, True)


async def test_tls_that_never_comes_about(ai: RawServer) -> None:
    """Still belongs to the connection, whose clock it is."""
    error, _ = await failed(ai.url.replace("http", "https"), ai_connect_timeout=0.3)
    assert (error.number, error.worth_repeating) == (TIMEOUT, True)
    assert "connection" in error.message
