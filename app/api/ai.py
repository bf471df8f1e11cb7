from typing import Annotated

from fastapi import APIRouter, Query

from app.api.openapi import refusals
from app.bootstrap import Container
from app.dependencies import (
    DOCUMENTED_CALLER,
    CallerDep,
    ContainerDep,
    GroupIdQuery,
    PageQuery,
    PageSizeQuery,
    RecordIdPath,
    SessionIdQuery,
)
from app.errors import (
    AIUnavailable,
    Forbidden,
    FrameTooLarge,
    GroupNotFound,
    InteractionNotFound,
)
from app.models.group import session_group_id
from app.schemas.ai import (
    AITestRequest,
    AITestResponse,
    InteractionListResponse,
    InteractionResponse,
    WholeInteractionResponse,
)
from app.services.ai.history_service import InteractionHistoryService
from app.services.ai.records import Waiting
from app.services.core.access import Caller

router = APIRouter(prefix="/api/ai", tags=["ai"], dependencies=DOCUMENTED_CALLER)
StatusQuery = Annotated[int | None, Query(ge=0, le=2, description="0, 1 or 2 only.")]


@router.get("/interactions", responses=refusals(GroupNotFound, AIUnavailable))
async def list_interactions(
    container: ContainerDep,
    caller: CallerDep,
    group_id: GroupIdQuery,
    page: PageQuery = 1,
    page_size: PageSizeQuery = 20,
    status: StatusQuery = None,
) -> InteractionListResponse:
    """Newest first: what the AI was asked in this group, and how each ended."""
    return await _interactions(container, caller, group_id, page, page_size, status)


@router.get("/interactions/{record_id}", responses=refusals(InteractionNotFound, AIUnavailable))
async def get_interaction(
    record_id: RecordIdPath, container: ContainerDep, caller: CallerDep
) -> WholeInteractionResponse:
    """One of them; for doctors of the group with what was asked and answered."""
    _ = container.ai
    record = await container.door.read(
        lambda db: InteractionHistoryService(db).get_interaction(record_id, caller)
    )
    return WholeInteractionResponse.model_validate(record)


@router.post(
    "/interactions/{record_id}/retry", responses=refusals(InteractionNotFound, AIUnavailable)
)
async def retry_interaction(
    record_id: RecordIdPath, container: ContainerDep, caller: CallerDep
) -> InteractionResponse:
    """A failed one is pending again. By doctors of the group, and by whoever asked."""
    layer = container.ai
    record = await container.door.run(
        lambda db: InteractionHistoryService(db).retry(record_id, caller)
    )
    layer.dispatcher.wake([Waiting(record.record_id, record.group_id)])
    return InteractionResponse.model_validate(record)


@router.get("/records", responses=refusals(GroupNotFound, AIUnavailable))
async def list_session_records(
    container: ContainerDep,
    caller: CallerDep,
    session_id: SessionIdQuery,
    page: PageQuery = 1,
    page_size: PageSizeQuery = 20,
) -> InteractionListResponse:
    """The same for a v1 session."""
    group_id = session_group_id(session_id)
    return await _interactions(container, caller, group_id, page, page_size, None)


@router.post("/test", responses=refusals(AIUnavailable, FrameTooLarge))
async def try_ai(
    container: ContainerDep, caller: CallerDep, body: AITestRequest | None = None
) -> AITestResponse:
    """One real call to the AI service; nothing is stored. Its failure is told in the answer. In
    `jwt` mode for the scope `service` only, since calls cost money."""
    layer = container.ai
    if not caller.manages_users:
        raise Forbidden("Only a token with the scope `service` may test the AI service.")
    return AITestResponse.model_validate(await layer.test(body.message if body else None))


async def _interactions(
    container: Container,
    caller: Caller,
    group_id: str,
    page: int,
    page_size: int,
    status: int | None,
) -> InteractionListResponse:
    _ = container.ai
    records, total = await container.door.read(
        lambda db: InteractionHistoryService(db).get_interactions(
            group_id, page, page_size, status, caller
        )
    )
    return InteractionListResponse(
        records=[InteractionResponse.model_validate(record) for record in records],
        total=total,
        page=page,
        page_size=page_size,
    )
