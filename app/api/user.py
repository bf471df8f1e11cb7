from fastapi import APIRouter

from app.api.openapi import refusals
from app.dependencies import DOCUMENTED_CALLER, CallerDep, ContainerDep, UserIdPath
from app.errors import FrameTooLarge, UserNotFound
from app.schemas.group import MembershipResponse, UserGroupsResponse
from app.schemas.user import RoleUpdate, UserCreate, UserResponse
from app.services.core.user_service import UserService

router = APIRouter(prefix="/api/user", tags=["users"], dependencies=DOCUMENTED_CALLER)


@router.post("/create", responses=refusals(FrameTooLarge))
async def create_user(body: UserCreate, container: ContainerDep, caller: CallerDep) -> UserResponse:
    """A new user with a generated `user_id`. In `jwt` mode for the scope `service` only."""
    user = await container.door.run(
        lambda db: UserService(db).create_user(body.username, body.user_role, caller)
    )
    return UserResponse.model_validate(user)


@router.get("/{user_id}", responses=refusals(UserNotFound))
async def get_user(user_id: UserIdPath, container: ContainerDep, caller: CallerDep) -> UserResponse:
    """Oneself, and whoever shares a group with the caller."""
    user = await container.door.read(lambda db: UserService(db).get_user(user_id, caller))
    return UserResponse.model_validate(user)


@router.put("/{user_id}/role", responses=refusals(FrameTooLarge, UserNotFound))
async def update_user_role(
    user_id: UserIdPath, body: RoleUpdate, container: ContainerDep, caller: CallerDep
) -> UserResponse:
    """The role in the system; roles in groups stay as they are."""
    user = await container.door.run(
        lambda db: UserService(db).update_user_role(user_id, body.user_role, caller)
    )
    return UserResponse.model_validate(user)


@router.get("/{user_id}/groups", responses=refusals(UserNotFound))
async def get_user_groups(
    user_id: UserIdPath, container: ContainerDep, caller: CallerDep
) -> UserGroupsResponse:
    """Newest activity first, each with the user's role there and its last message."""
    groups = await container.door.read(lambda db: UserService(db).get_groups(user_id, caller))
    return UserGroupsResponse(groups=[MembershipResponse.of(item) for item in groups])
