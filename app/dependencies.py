"""What endpoints ask for."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from app.bootstrap import Container
from app.services.core.access import Caller
from app.services.core.rules import MAX_ID, MAX_USER_ID

_bearer = HTTPBearer(auto_error=False, description="AUTH_MODE=jwt: `Bearer <token>`.")
_user_header = APIKeyHeader(
    name="X-User-Id",
    auto_error=False,
    description="AUTH_MODE=open: who is calling; without it `default_user`.",
)
MAX_PAGE = 1_000_000_000
MAX_SEQ = 2**53


def get_container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container


async def get_caller(request: Request) -> Caller:
    """Raises Unauthenticated."""
    return await get_container(request).identity.of_headers(request.headers)


DOCUMENTED_CALLER = [Depends(_bearer), Depends(_user_header)]
ContainerDep = Annotated[Container, Depends(get_container)]
CallerDep = Annotated[Caller, Depends(get_caller)]

_PATTERN = r"^[^\x00-\x20/?#\x7f]+$"
UserIdPath = Annotated[str, Path(min_length=1, max_length=MAX_USER_ID, pattern=_PATTERN)]
ItemIdPath = Annotated[str, Path(min_length=1, max_length=MAX_ID, pattern=_PATTERN)]
GroupIdQuery = Annotated[str, Query(min_length=1, max_length=MAX_ID, pattern=_PATTERN)]
SessionIdQuery = Annotated[str, Query(min_length=1, max_length=MAX_USER_ID, pattern=_PATTERN)]
PageQuery = Annotated[int, Query(ge=1, le=MAX_PAGE)]
PageSizeQuery = Annotated[int, Query(ge=1, le=100)]
SeqQuery = Annotated[int, Query(ge=0, le=MAX_SEQ)]
