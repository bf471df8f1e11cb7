"""What endpoints ask for."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, Field

from app.bootstrap import Container
from app.schemas.common import ItemId, UserId
from app.services.core.access import Caller

_bearer = HTTPBearer(auto_error=False, description="AUTH_MODE=jwt: `Bearer <token>`.")
_user_header = APIKeyHeader(
    name="X-User-Id",
    auto_error=False,
    description="AUTH_MODE=open: who is calling; without it `default_user`.",
)
MAX_PAGE = 1_000_000_000
MAX_SEQ = 2**53


async def get_container(request: Request) -> Container:
    """Asynchronous, since FastAPI runs what is not on a thread."""
    container: Container = request.app.state.container
    return container


async def get_caller(request: Request) -> Caller:
    """Raises Unauthenticated."""
    container: Container = request.app.state.container
    return await container.identity.of_headers(request.headers)


DOCUMENTED_CALLER = [Depends(_bearer), Depends(_user_header)]
ContainerDep = Annotated[Container, Depends(get_container)]
CallerDep = Annotated[Caller, Depends(get_caller)]

UserIdPath = Annotated[UserId, Path(description="Whom it is about.")]
GroupIdPath = Annotated[ItemId, Path(description="The group.")]
MessageIdPath = Annotated[ItemId, Path(description="The message.")]
RecordIdPath = Annotated[ItemId, Path(description="The interaction.")]
GroupIdQuery = Annotated[ItemId, Query(description="The group.")]
SessionIdQuery = Annotated[UserId, Query(description="A v1 session.")]
PageQuery = Annotated[int, Query(ge=1, le=MAX_PAGE, description="The first page is 1.")]
PageSizeQuery = Annotated[int, Query(ge=1, le=100, description="How many on a page.")]


class HistoryQuery(BaseModel):
    """Exactly one of `group_id` and `session_id`, and at most one of the positions."""

    group_id: ItemId | None = Field(None, description="The group, …")
    session_id: UserId | None = Field(
        None, description="… or a v1 session: the user who talks to the AI there."
    )
    page: int = Field(1, ge=1, le=MAX_PAGE, description="The first page is 1.")
    page_size: int = Field(20, ge=1, le=100, description="How many on a page.")
    before_seq: int | None = Field(
        None, ge=0, le=MAX_SEQ, description="Messages before this `seq`, newest first."
    )
    after_seq: int | None = Field(
        None, ge=0, le=MAX_SEQ, description="Messages after this `seq`, oldest first."
    )
    limit: int = Field(20, ge=1, le=100, description="How many, with `before_seq` or `after_seq`.")
