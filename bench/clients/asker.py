"""Who asks the AI service itself, on one keep-alive connection, one question at a time."""

import asyncio
import json

from bench.clients.http_user import LENGTH, OK
from bench.clients.reply import Reply
from bench.clients.tally import Tally
from bench.clients.user import Place, User, clock

REQUEST = (
    "POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    "Accept: text/event-stream, application/json\r\nContent-Length: {length}\r\n\r\n"
)
DELTA = b'"delta":'
REPLIED = (b'"reply":', b"data: [DONE]")
LAST_CHUNK = b"\r\n0\r\n\r\n"


class Asker(User):
    def __init__(self, place: Place, tally: Tally, replies: list[Reply], *, stream: bool) -> None:
        super().__init__(place, tally)
        self._replies = replies
        body = json.dumps({"message": place.content.decode(), "stream": stream}).encode()
        request = REQUEST.format(host=place.host, port=place.port, length=len(body))
        self._request = request.encode() + body
        self._buffer = b""
        self._first_at: float | None = None

    def frame(self, client_msg_id: bytes) -> bytes:  # noqa: ARG002 - the AI service knows no such id
        return self._request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.ready.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._first_at is None and DELTA in self._buffer:
            self._first_at = clock()
        if _is_whole(self._buffer):
            self._end(clock())

    def _end(self, now: float) -> None:
        """One question is under way, so this is the answer to it."""
        answer, first_at = self._buffer, self._first_at
        self._buffer, self._first_at = b"", None
        waiting = next(iter(self._waiting), b"")
        if not answer.startswith(OK):
            self.refused(waiting, answer.partition(b"\r\n")[0].decode("latin-1"))
        elif not any(sign in answer for sign in REPLIED):
            self.refused(waiting, "an answer without a reply")
        elif (sent_at := self.acknowledged(waiting, now)) is not None:
            self._replies.append(Reply(sent_at, now, first_at))
            self.answered(1)


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(end) and (len(body) >= int(length[1]) if length else body.endswith(LAST_CHUNK))
