"""A device on one connection: what it does with each frame, and how it catches up."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.guarantees.ai_records import Piece, ReplyFailed, Streamed
from tests.guarantees.history import (
    Answered,
    Asked,
    Closed,
    Excluded,
    History,
    Opened,
    Recovery,
    Told,
    Unanswered,
    Via,
    user_of,
)
from tests.guarantees.sending import Desk
from tests.guarantees.view import Frame, GroupsView

PAGE = 100
GROUP_NOT_FOUND = 3001
RETRY_SECONDS = 0.1
PIECE_FIELDS = ("group_id", "stream_id", "user_message_id", "n", "offset", "text")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a device behaves. Times in seconds; a connection that answers no ping for
    `heartbeat_timeout_s` is given up. `roster`: keeps members, too."""

    heartbeat_s: float = 10.0
    heartbeat_timeout_s: float = 20.0
    answer_s: float = 20.0
    longest_backoff_s: float = 0.5
    roster: bool = True
    partial: bool = True
    """Wants to hear of replies under way."""


Handler = Callable[[Frame], Awaitable[None]]


class NotAMember(Exception):
    """The group is not the caller's any more."""


class Line:
    """A device on one connection."""

    def __init__(
        self,
        device: str,
        socket: ClientConnection,
        http: httpx2.AsyncClient,
        history: History,
        view: GroupsView,
        manner: Manner,
    ) -> None:
        self.socket = socket
        self.desk = Desk(socket, manner.answer_s)
        self.asked: deque[dict[str, int]] = deque()
        """Syncs that are not answered yet, oldest first."""
        self._left: set[str] = set()
        """Groups that this user turned out not to be in: a few messages from before may still be
        on their way."""
        self._device = device
        self._user = user_of(device)
        self._http = http
        self._history = history
        self._view = view
        self._roster, self._partial = manner.roster, manner.partial
        self._number = history.new_connection()
        self._epoch = ""
        self._pongs: deque[asyncio.Future[None]] = deque()
        self._handlers: dict[str, Handler] = {
            "message_sent": self._message,
            "ai_reply": self._message,
            "sync_result": self._recover,
            "member_added": self._member,
            "member_removed": self._member,
            "ai_reply_failed": self._reply_failed,
            "error": self._refused,
            "pong": self._pong,
        }
        self._handlers |= {str(piece): self._piece for piece in Piece}

    async def greeted(self, greeting: Frame) -> None:
        self._epoch = greeting["epoch"]
        heads = {group: state["last_seq"] for group, state in greeting["groups"].items()}
        self._write(
            Opened,
            device=self._device,
            epoch=self._epoch,
            heads=heads,
            partial=self._partial,
        )
        self._view.members = {group: set() for group in heads}
        await self._sync(heads)
        await self._read_members(heads)

    async def serve(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.socket:
                frame: Frame = msgspec.json.decode(text)
                await self._handlers[frame["type"]](frame)

    def lost(self) -> None:
        self.desk.close()
        while self._pongs:
            self._pongs.popleft().set_exception(ConnectionError())

    def closed(self) -> None:
        """When the socket is done with: a client that was busy learns the close code late."""
        received = self.socket.protocol.close_rcvd
        self._write(Closed, device=self._device, code=received.code if received else None)

    async def ping(self) -> None:
        """Returns with the pong."""
        pong: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        await self._send(type="ping")
        await pong

    def _write(self, kind: Any, **fields: Any) -> None:
        now = self._history.now()
        self._history.write(kind(at=now, connection=self._number, **fields))

    async def _send(self, **frame: Any) -> None:
        await self.socket.send(msgspec.json.encode(frame), text=True)

    async def _sync(self, groups: Iterable[str]) -> None:
        positions = {group: self._view.last[group] for group in groups}
        if positions:
            self.asked.append(positions)
            self._write(Asked, positions=positions)
            await self._send(type="sync", epoch=self._epoch, groups=positions)

    def _see(self, frame: Frame, via: Via) -> None:
        self._view.see(frame, via, self._number)
        self._acknowledge(frame)

    def _acknowledge(self, frame: Frame) -> None:
        """A stored message of one's own says so however it comes: live, or by sync or page where
        it was stored in between."""
        if frame["from_user_id"] == self._user:
            self.desk.acknowledge(frame)

    async def _message(self, frame: Frame) -> None:
        if frame.get("duplicate"):
            self._see(frame, Via.ANSWER)
            return
        self._see(frame, Via.LIVE)
        group = frame["group_id"]
        catching_up = group in self._left or any(group in asked for asked in self.asked)
        if not self._view.apply(frame) and not catching_up:
            self._view.miss(frame)
            await self._sync([group])

    async def _recover(self, frame: Frame) -> None:
        groups: dict[str, Frame] = frame["groups"]
        self._write(Answered, groups={group: _recovery(found) for group, found in groups.items()})
        self._left -= groups.keys()
        for group, found in groups.items():
            for message in found.get("messages", ()):
                self._see(message, Via.SYNC)
                if not self._view.apply(message):
                    self._view.miss(message)
            if not found["recovered"]:
                await self._page(group, found["last_seq"])
        if self.asked:
            self.asked.popleft()

    async def _page(self, group: str, last_seq: int) -> None:
        """Until the view is whole up to where live messages go on."""
        with self._perhaps_left(group):
            while (before := self._view.last[group]) < last_seq:
                page = await self._get(
                    "/api/message/list", group_id=group, after_seq=before, limit=PAGE
                )
                self._view.take_page(group, page, PAGE)
                for message in page["messages"]:
                    self._acknowledge(message)
                if self._view.last[group] == before:
                    return

    async def _member(self, frame: Frame) -> None:
        group, user, joined = frame["group_id"], frame["user_id"], frame["type"] == "member_added"
        self._write(Told, device=self._device, group_id=group, user=user, joined=joined)
        if user != self._user:
            self._view.change_member(group, user, joined=joined)
        elif joined:
            self._left.discard(group)
            await self._sync([group])
            await self._read_members([group])
        else:
            self._view.members.pop(group, None)

    async def _read_members(self, groups: Iterable[str]) -> None:
        """Old members; the events behind this in the socket make new ones of them, also where
        they are older than the answer, since each says who is in and who is out."""
        for group in groups if self._roster else ():
            with self._perhaps_left(group):
                found = await self._get(f"/api/group/{group}/members")
                self._view.members[group] = {member["user_id"] for member in found["members"]}

    @contextmanager
    def _perhaps_left(self, group: str) -> Iterator[None]:
        try:
            yield
        except NotAMember:
            self._left.add(group)

    async def _get(self, path: str, **query: Any) -> Frame:
        """Raises NotAMember, and HTTPError for whatever else: the connection is then begun anew."""
        response = await self._http.get(path, params=query)
        if response.is_success:
            found: Frame = response.json()
            return found
        if response.json()["error"]["number"] == GROUP_NOT_FOUND:
            raise NotAMember
        raise httpx2.RequestError(response.text)

    async def _refused(self, frame: Frame) -> None:
        if "client_msg_id" in frame:
            self.desk.refuse(frame)
        elif "group_id" in frame:
            self._left.add(frame["group_id"])
            self._write(Excluded, group_id=frame["group_id"], number=frame["number"])
        elif self.asked:
            self._write(Unanswered, number=frame["number"])
            await asyncio.sleep(RETRY_SECONDS)
            await self._sync(self.asked.popleft())

    async def _piece(self, frame: Frame) -> None:
        """Only written down: joining them is the checker's part."""
        told = {name: frame[name] for name in PIECE_FIELDS if name in frame}
        self._write(Streamed, device=self._device, piece=Piece(frame["type"]), **told)

    async def _reply_failed(self, frame: Frame) -> None:
        names = ("group_id", "user_message_id", "record_id", "number")
        told = {name: frame[name] for name in names}
        self._write(ReplyFailed, device=self._device, **told)

    async def _pong(self, _frame: Frame) -> None:
        if self._pongs:
            self._pongs.popleft().set_result(None)


def _recovery(found: Frame) -> Recovery:
    seqs = [message["seq"] for message in found.get("messages", ())]
    return Recovery(found["recovered"], found["last_seq"], seqs)
