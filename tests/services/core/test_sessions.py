import asyncio

import pytest
from sqlalchemy.orm import Session

from app.db.session import AsyncDoor
from app.errors import ContentEmpty, GroupNotFound
from app.repositories.group_repository import GroupRepository
from app.services.core.events import MemberAdded, MessageSent
from app.services.core.records import SendCommand
from app.services.core.send_queue import SendQueue
from app.services.core.sessions import send_in_session


@pytest.fixture
def queue(door: AsyncDoor) -> SendQueue:
    return SendQueue(door, (), longest=100, batch_size=10)


def command(session: str = "pat", sender: str = "pat", content: str = "x") -> SendCommand:
    return SendCommand(group_id=f"session_{session}", from_user_id=sender, content=content)


async def exists(door: AsyncDoor) -> bool:
    def look(db: Session) -> bool:
        return GroupRepository(db).get_by_id("session_pat") is not None

    return await door.read(look)


async def test_first_message_opens_the_session(
    door: AsyncDoor, queue: SendQueue, delivered: list[object]
) -> None:
    """Its members are told before it is."""
    message = await send_in_session(door, queue, command())
    assert (message.seq, message.session_id, message.user_role) == (1, "pat", "PATIENT")
    assert [type(event) for event in delivered] == [MemberAdded, MemberAdded, MessageSent]
    assert (await send_in_session(door, queue, command())).seq == 2


async def test_many_first_messages(door: AsyncDoor, queue: SendQueue) -> None:
    """All are stored, in one session."""
    sent = await asyncio.gather(*(send_in_session(door, queue, command()) for _ in range(8)))
    assert sorted(message.seq for message in sent) == list(range(1, 9))


async def test_somebody_else_opens_nothing(door: AsyncDoor, queue: SendQueue) -> None:
    """A session comes into being by its own user only."""
    with pytest.raises(GroupNotFound):
        await send_in_session(door, queue, command(sender="eve"))
    assert not await exists(door)


async def test_refused_first_message(door: AsyncDoor, queue: SendQueue) -> None:
    """Opens nothing."""
    with pytest.raises(ContentEmpty):
        await send_in_session(door, queue, command(content=""))
    assert not await exists(door)
