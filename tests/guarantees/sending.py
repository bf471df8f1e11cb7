"""One try to send one message, by socket or by HTTP, written down from its start to its end."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable
from typing import Any

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.guarantees.history import Attempt, History, Outcome, Result, digest


class Outgoing(msgspec.Struct, frozen=True):
    user: str
    group_id: str
    client_msg_id: str
    content: str


class Answer(msgspec.Struct, frozen=True):
    result: Result
    number: int | None = None
    retryable: bool = False
    message_id: str | None = None
    seq: int | None = None

    @property
    def final(self) -> bool:
        return self.result is not Result.UNKNOWN and not self.retryable


UNKNOWN = Answer(Result.UNKNOWN)


async def recorded(
    history: History, way: str, message: Outgoing, trying: Awaitable[Answer]
) -> Answer:
    number = history.new_attempt()
    history.write(
        Attempt(
            at=history.now(),
            attempt=number,
            user=message.user,
            group_id=message.group_id,
            client_msg_id=message.client_msg_id,
            digest=digest(message.content),
            way=way,
        )
    )
    answer = UNKNOWN
    try:
        answer = await trying
    finally:
        fields = msgspec.structs.asdict(answer)
        history.write(Outcome(at=history.now(), attempt=number, **fields))
    return answer


async def by_http(http: httpx2.AsyncClient, message: Outgoing) -> Answer:
    body = {
        "group_id": message.group_id,
        "content": message.content,
        "client_msg_id": message.client_msg_id,
    }
    try:
        response = await http.post("/api/message/send", json=body)
        found = response.json()
    except (httpx2.HTTPError, ValueError):
        return UNKNOWN
    if response.is_success:
        return Answer(Result.OK, message_id=found["message_id"], seq=found["seq"])
    error = found["error"]
    return Answer(Result.REFUSED, error["number"], error["retryable"])


class Desk:
    """Sends on one connection, and gives each answer to the try that waits longest for it."""

    def __init__(self, socket: ClientConnection, answer_s: float) -> None:
        self._socket = socket
        self._answer_s = answer_s
        self._waiting: dict[str, deque[asyncio.Future[Answer]]] = defaultdict(deque)

    async def send(self, message: Outgoing) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[message.client_msg_id].append(future)
        frame = {
            "type": "send_message",
            "group_id": message.group_id,
            "content": message.content,
            "client_msg_id": message.client_msg_id,
        }
        try:
            async with asyncio.timeout(self._answer_s):
                await self._socket.send(msgspec.json.encode(frame), text=True)
                return await future
        except (TimeoutError, ConnectionClosed):
            return UNKNOWN

    def acknowledge(self, frame: dict[str, Any]) -> None:
        """Any frame with a stored message of one's own, however it came."""
        answer = Answer(Result.OK, message_id=frame["message_id"], seq=frame["seq"])
        self._settle(frame.get("client_msg_id"), answer)

    def refuse(self, frame: dict[str, Any]) -> None:
        answer = Answer(Result.REFUSED, frame["number"], frame["retryable"])
        self._settle(frame.get("client_msg_id"), answer)

    def close(self) -> None:
        for client_msg_id in tuple(self._waiting):
            while self._waiting[client_msg_id]:
                self._settle(client_msg_id, UNKNOWN)

    def _settle(self, client_msg_id: str | None, answer: Answer) -> None:
        waiting = self._waiting.get(client_msg_id or "")
        if waiting and not (future := waiting.popleft()).done():
            future.set_result(answer)
