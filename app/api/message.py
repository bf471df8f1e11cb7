from typing import Annotated

from fastapi import APIRouter, Query

from app.api.conversation import conversation, sending
from app.api.openapi import refusals
from app.dependencies import (
    DOCUMENTED_CALLER,
    CallerDep,
    ContainerDep,
    HistoryQuery,
    MessageIdPath,
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
    RateLimited,
)
from app.schemas.message import MessageCreate, MessageListResponse, MessageResponse
from app.services.core.history import Position
from app.services.core.sessions import send_in_session

router = APIRouter(prefix="/api/message", tags=["messages"], dependencies=DOCUMENTED_CALLER)


@router.post(
    "/send",
    responses=refusals(
        ContentEmpty, ContentTooLong, GroupIdMissing, GroupNotFound, MessageNotFound,
        ClientMsgIdConflict, FrameTooLarge, RateLimited, Overloaded,
    ),
)  # fmt: skip
async def send_message(
    body: MessageCreate, container: ContainerDep, caller: CallerDep
) -> MessageResponse:
    """Answers when the message is committed. A repeat of a `client_msg_id` gets the first message
    back, with `duplicate`. A patient's message is answered by the AI, later and on its own."""
    command = sending(body, caller)
    if not caller.sees_all:
        container.send_rates.take(command.from_user_id)
    if body.session_id is not None:
        message = await send_in_session(container.door, container.queue, command)
    else:
        message = await container.queue.send(command)
    return MessageResponse.of(message)


@router.get("/list", responses=refusals(GroupIdMissing, GroupNotFound))
async def list_messages(
    container: ContainerDep, caller: CallerDep, query: Annotated[HistoryQuery, Query()]
) -> MessageListResponse:
    """By page, newest first; or from a position: `before_seq` newest first, `after_seq` oldest
    first. A page far back costs what the first does."""
    before, after, limit = query.before_seq, query.after_seq, query.limit
    if before is not None and after is not None:
        raise InvalidParameter("Give before_seq or after_seq, not both.", field="after_seq")
    group = conversation(query.group_id, query.session_id)

    paged = before is None and after is None
    size = query.page_size if paged else limit
    position = Position(limit=size, page=query.page, before=before, after=after)
    messages, total = await container.history.messages(group, position, caller)
    return MessageListResponse(
        messages=[MessageResponse.of(message) for message in messages],
        total=total,
        page=query.page,
        page_size=size,
    )


@router.get("/{message_id}", responses=refusals(MessageNotFound))
async def get_message(
    message_id: MessageIdPath, container: ContainerDep, caller: CallerDep
) -> MessageResponse:
    """For members of its group."""
    message = await container.history.message(message_id, caller)
    return MessageResponse.of(message)
