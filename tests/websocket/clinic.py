"""People and groups that no other test knows, in a service that many tests share."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from app.models.enums import UserRole
from app.services.core.access import Caller
from app.services.core.group_service import GroupService
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.user_service import UserService
from tests.support.servers import RunningServer
from tests.support.sockets import RawSocket, open_socket
from tests.support.waiting import eventually

T = TypeVar("T")
EVERYTHING = 1 << 62


@dataclass(frozen=True)
class Clinic:
    """Names are those of the test; `id` makes them unique in the service."""

    server: RunningServer
    tag: str

    def id(self, name: str) -> str:
        return f"{name}-{self.tag}"

    def socket(self, name: str, query: str = "") -> AbstractAsyncContextManager[RawSocket]:
        return open_socket(self.server.ws_url, self.id(name), query=query)

    async def group(self, doctor: str, *patients: str) -> str:
        def create(db: Session) -> str:
            for name in (doctor, *patients):
                UserService(db).ensure_user(self.id(name))
            caller = Caller(self.id(doctor))
            groups = GroupService(db)
            group_id = groups.create_group("Ward", None, caller).group_id
            for patient in patients:
                groups.add_member(group_id, self.id(patient), UserRole.PATIENT, caller)
            return group_id

        return await self.run(create)

    async def add(self, group_id: str, name: str, *, by: str) -> None:
        def join(db: Session) -> None:
            UserService(db).ensure_user(self.id(name))
            caller = Caller(self.id(by))
            GroupService(db).add_member(group_id, self.id(name), UserRole.PATIENT, caller)

        await self.run(join)

    async def remove(self, group_id: str, name: str, *, by: str) -> None:
        caller = Caller(self.id(by))
        await self.run(lambda db: GroupService(db).remove_member(group_id, self.id(name), caller))

    async def send(self, group_id: str, name: str, content: str) -> MessageRecord:
        """By no socket of this user."""
        command = SendCommand(group_id=group_id, from_user_id=self.id(name), content=content)
        queue = self.server.container.queue
        sending = asyncio.run_coroutine_threadsafe(queue.send(command), self.server.loop)
        return await asyncio.wrap_future(sending)

    async def stored(self, group_id: str) -> list[MessageRecord]:
        """In order of `seq`."""
        return await self.run(lambda db: MessageService(db).between(group_id, 0, EVERYTHING))

    async def run(self, work: Callable[[Session], T]) -> T:
        """Inside the service, events included."""
        running = asyncio.run_coroutine_threadsafe(
            self.server.container.door.run(work), self.server.loop
        )
        return await asyncio.wrap_future(running)


async def until(holds: Callable[[], bool], timeout_s: float = 20) -> None:
    """For what this process can see without asking anybody."""

    async def look() -> bool:
        return holds()

    await eventually(look, bool, timeout_s)


async def silent(socket: RawSocket) -> bool:
    """Nothing was on its way to this socket: the answer to a ping is what comes next."""
    await socket.send(type="ping")
    return await socket.receive() == {"type": "pong"}
