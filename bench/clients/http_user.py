"""A user on one keep-alive HTTP connection, with one request at a time."""

import asyncio
import json
import re

from bench.clients.tally import Tally
from bench.clients.user import ID_DIGITS, Place, User, clock

REQUEST = (
    "POST /api/message/send HTTP/1.1\r\nHost: {host}:{port}\r\nX-User-Id: {user_id}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
OK = b"HTTP/1.1 200 "


class HttpUser(User):
    def __init__(self, place: Place, tally: Tally) -> None:
        super().__init__(place, tally)
        head = f'{{"group_id":"{place.group_id}","content":"'.encode()
        middle = b'","client_msg_id":"'
        self._end = b'"}'
        length = len(head + place.content + middle) + ID_DIGITS + len(self._end)
        request = REQUEST.format(
            host=place.host, port=place.port, user_id=place.user_id, length=length
        )
        self._begin = request.encode() + head + place.content + middle
        self._buffer = b""

    def frame(self, client_msg_id: bytes) -> bytes:
        return self._begin + client_msg_id + self._end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.ready.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = LENGTH.search(head)
        if length is None:
            self.fail("the server answered without Content-Length")
        elif len(body) >= int(length[1]):
            self._buffer = b""
            self._answered(head, body)

    def _answered(self, head: bytes, body: bytes) -> None:
        """One request is in flight, so this is the answer to it."""
        waiting = next(iter(self._waiting), b"")
        if not head.startswith(OK):
            self.refused(waiting, _reason(head, body))
        elif b'"%b"' % waiting not in body:
            self.fail("the server answered with another message than the one sent")
        elif self.acknowledged(waiting, clock()) is not None:
            self.answered(1)


def _reason(head: bytes, body: bytes) -> str:
    """The error's code where the answer is one of the service's own."""
    try:
        return str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return head.partition(b"\r\n")[0].decode("latin-1")
