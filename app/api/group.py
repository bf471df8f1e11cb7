from fastapi import APIRouter

from app.api.openapi import refusals
from app.dependencies import (
    DOCUMENTED_CALLER,
    CallerDep,
    ContainerDep,
    GroupIdPath,
    UserIdPath,
)
from app.errors import AlreadyMember, FrameTooLarge, GroupNotFound, NotAMember, UserNotFound
from app.schemas.group import (
    AIModeChange,
    DoneResponse,
    GroupCreate,
    GroupMemberAdd,
    GroupResponse,
    MemberListResponse,
    MemberResponse,
)
from app.services.core.group_service import GroupService

router = APIRouter(prefix="/api/group", tags=["groups"], dependencies=DOCUMENTED_CALLER)


@router.post("/create", responses=refusals(FrameTooLarge))
async def create_group(
    body: GroupCreate, container: ContainerDep, caller: CallerDep
) -> GroupResponse:
    """The caller becomes a member as `DOCTOR`."""
    group = await container.door.run(
        lambda db: GroupService(db).create_group(body.group_name, body.description, caller)
    )
    return GroupResponse.model_validate(group)


@router.get("/{group_id}", responses=refusals(GroupNotFound))
async def get_group(
    group_id: GroupIdPath, container: ContainerDep, caller: CallerDep
) -> GroupResponse:
    """For its members."""
    group = await container.door.read(lambda db: GroupService(db).get_group(group_id, caller))
    return GroupResponse.model_validate(group)


@router.put("/{group_id}/ai", responses=refusals(FrameTooLarge, GroupNotFound))
async def set_ai_mode(
    group_id: GroupIdPath, body: AIModeChange, container: ContainerDep, caller: CallerDep
) -> GroupResponse:
    """By doctors of the group. Everybody there hears of it (`ai_mode_changed`)."""
    group = await container.door.run(
        lambda db: GroupService(db).set_ai_mode(group_id, body.ai_mode, caller)
    )
    return GroupResponse.model_validate(group)


@router.post(
    "/{group_id}/members",
    responses=refusals(AlreadyMember, FrameTooLarge, GroupNotFound, UserNotFound),
)
async def add_member(
    group_id: GroupIdPath, body: GroupMemberAdd, container: ContainerDep, caller: CallerDep
) -> DoneResponse:
    """By doctors of the group. Everybody there hears of it (`member_added`)."""
    await container.door.run(
        lambda db: GroupService(db).add_member(group_id, body.user_id, body.user_role, caller)
    )
    return DoneResponse(message=f"{body.user_id} is a member now.")


@router.get("/{group_id}/members", responses=refusals(GroupNotFound))
async def get_group_members(
    group_id: GroupIdPath, container: ContainerDep, caller: CallerDep
) -> MemberListResponse:
    """In the order in which they joined."""
    members = await container.door.read(
        lambda db: GroupService(db).get_group_members(group_id, caller)
    )
    return MemberListResponse(
        group_id=group_id,
        members=[MemberResponse.model_validate(member) for member in members],
        total=len(members),
    )


@router.delete("/{group_id}/members/{user_id}", responses=refusals(GroupNotFound, NotAMember))
async def remove_member(
    group_id: GroupIdPath, user_id: UserIdPath, container: ContainerDep, caller: CallerDep
) -> DoneResponse:
    """Everybody may leave; doctors of the group may remove others."""
    await container.door.run(lambda db: GroupService(db).remove_member(group_id, user_id, caller))
    return DoneResponse(message=f"{user_id} is no longer a member.")
