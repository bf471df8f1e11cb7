from app.db.session import AsyncDoor
from app.errors import GroupNotFound
from app.models.group import session_of
from app.services.core.group_service import GroupService
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.send_queue import SendQueue


async def send_in_session(door: AsyncDoor, queue: SendQueue, command: SendCommand) -> MessageRecord:
    """Sends to a v1 session, which is opened if this turns out to be its first message."""
    session_id = session_of(command.group_id)
    try:
        return await queue.send(command)
    except GroupNotFound:
        if session_id != command.from_user_id:
            raise
    await door.run(lambda db: GroupService(db).open_session(session_id))
    return await queue.send(command)
