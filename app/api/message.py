from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from app.api.conversation import conversation, sending
from app.api.openapi import refusals
from app.dependencies import (
    DOCUMENTED_CALLER,
    CallerDep,
    ContainerDep,
    GroupIdQuery,
    ItemIdPath,
    PageQuery,
    PageSizeQuery,
    SeqQuery,
    SessionIdQuery,
)
from app.errors import (
    ClientMsgIdConflict,
    ContentEmpty,
    ContentTooLong,
    FrameTooLarge,
    GroupIdMissing,
    GroupNotFound,
    InvalidParameter,
    MessageNotFound,
    Overloaded,
)
from app.schemas.message import MessageCreate, MessageListResponse, MessageResponse
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord
from app.services.core.sessions import send_in_session

router = APIRouter(prefix="/api/message", tags=["messages"], dependencies=DOCUMENTED_CALLER)


@router.post(
    "/send",
    responses=refusals(
        ContentEmpty, ContentTooLong, GroupIdMissing, GroupNotFound, MessageNotFound,
        ClientMsgIdConflict, FrameTooLarge, Overloaded,
    ),
)  # fmt: skip
async def send_message(
    body: MessageCreate, container: ContainerDep, caller: CallerDep
) -> MessageResponse:
    """Answers when the message is committed. A repeat of a `client_msg_id` gets the first message
    back, with `duplicate`. A patient's message is answered by the AI, later and on its own."""
    command = sending(body, caller)
    if body.session_id is not None:
        message = await send_in_session(container.door, container.queue, command)
    else:
        message = await container.queue.send(command)
    return MessageResponse.of(message)


@router.get("/list", responses=refusals(GroupIdMissing, GroupNotFound))
async def list_messages(
    container: ContainerDep,
    caller: CallerDep,
    group_id: GroupIdQuery | None = None,
    session_id: SessionIdQuery | None = None,
    page: PageQuery = 1,
    page_size: PageSizeQuery = 20,
    before_seq: SeqQuery | None = None,
    after_seq: SeqQuery | None = None,
    limit: Annotated[int, Query(ge=1, le=100, description="With before_seq or after_seq.")] = 20,
) -> MessageListResponse:
    """By page, newest first; or from a position: `before_seq` newest first, `after_seq` oldest
    first. A page far back costs what the first does."""
    if before_seq is not None and after_seq is not None:
        raise InvalidParameter("Give before_seq or after_seq, not both.", field="after_seq")
    group = conversation(group_id, session_id)

    def read(db: Session) -> tuple[list[MessageRecord], int]:
        service = MessageService(db)
        if before_seq is not None:
            return service.get_messages_before(group, before_seq, limit, caller)
        if after_seq is not None:
            return service.get_messages_after(group, after_seq, limit, caller)
        return service.get_messages(group, page, page_size, caller)

    messages, total = await container.door.read(read)
    size = page_size if before_seq is None and after_seq is None else limit
    return MessageListResponse(
        messages=[MessageResponse.of(m) for m in messages], total=total, page=page, page_size=size
    )


@router.get("/{message_id}", responses=refusals(MessageNotFound))
async def get_message(
    message_id: ItemIdPath, container: ContainerDep, caller: CallerDep
) -> MessageResponse:
    message = await container.door.read(
        lambda db: MessageService(db).get_message(message_id, caller)
    )
    return MessageResponse.of(message)
