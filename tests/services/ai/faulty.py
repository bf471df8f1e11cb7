"""Everything an AI service can do wrong, by name, and a service that does it on request."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.services.ai.calls.support import (
    EVENT_STREAM,
    PLAIN,
    RawServer,
    Script,
    events,
    repeats,
    response,
    running,
    sends,
    streams,
)

YES = response(b'{"reply":"yes"}')
HALF = sends(EVENT_STREAM + events('{"delta":"half"}'))


def half_said_then(rest: Script) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        await HALF(writer)
        await rest(writer)

    return script


def status(line: str, *headers: str) -> Script:
    return sends(response(b"{}", line, *headers))


CUT = sends(close=True)
FAULTS: dict[str, tuple[Script, ...]] = {
    "401, or any other 4xx": (status("401 Unauthorized"),),
    "408": (status("408 Request Timeout"),),
    "429 with `Retry-After: 1`": (status("429 Too Many Requests", "Retry-After: 1"),),
    "500, or any other 5xx": (status("500 Internal Server Error"),),
    "503 once, then a reply": (status("503 Service Unavailable"), sends(YES)),
    "a redirect": (status("307 Temporary Redirect", "Location: /elsewhere"),),
    "closes without an answer": (CUT,),
    "what is not HTTP": (sends(b"SSH-2.0-OpenSSH\r\n\r\n", close=True),),
    "takes the question, never answers": (sends(then_hang=True),),
    "cut, plain": (sends(response(b'{"reply":"half"}')[:-4], close=True),),
    "cut, streamed": (half_said_then(CUT),),
    "cut once, then a reply": (half_said_then(CUT), streams('{"delta":"yes"}', "[DONE]")),
    "silent in the middle": (half_said_then(sends(then_hang=True)),),
    "drips on and on": (half_said_then(repeats(b"", b": wait\n\n", 0.1)),),
    "an error event in the stream": (half_said_then(sends(events('{"error":"x"}'))),),
    "HTML in place of JSON": (sends(response(b"<html>502 Bad Gateway</html>")),),
    "no JSON in the stream": (half_said_then(sends(events("<html>"))),),
    "JSON of another form": (sends(response(b'{"answer":"yes"}')),),
    "an empty reply": (sends(response(b'{"reply":" \\n"}')),),
    "an empty stream": (streams("[DONE]"),),
    "too long, plain": (sends(response(b'{"reply":"%s"}' % (b"x" * 2000))),),
    "never ends, plain": (repeats(PLAIN + b'{"reply":"', b"x" * 10_000),),
    "never ends, streamed": (half_said_then(repeats(b"", events('{"delta":"%s"}' % ("x" * 99)))),),
    "a line of 10 MB": (half_said_then(sends(b"data: ", *[b"x" * 100_000] * 100)),),
    "compressed": (sends(response(b"x", "200 OK", "Content-Encoding: gzip")),),
}
"""One script for each call with the same Idempotency-Key; the last one for all that follow."""


@asynccontextmanager
async def faulty_ai() -> AsyncIterator[RawServer]:
    """Does what the message's first line names, else answers."""
    calls: Counter[str] = Counter()
    async with running() as server:

        async def script(writer: asyncio.StreamWriter) -> None:
            key, fault = server.headers["idempotency-key"], server.bodies[-1]["message"]
            scripts = FAULTS.get(fault.partition("\n")[0], (sends(YES),))
            calls[key] += 1
            await scripts[min(calls[key], len(scripts)) - 1](writer)

        server.script = script
        yield server
