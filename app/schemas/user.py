from typing import Annotated

from pydantic import Field

from app.schemas.common import Answer, Moment, Name, Request, example
from app.schemas.role import Role


class UserCreate(Request):
    model_config = example(username="Zhang San", user_role="PATIENT")

    username: Annotated[Name, Field(min_length=1, max_length=64)]
    user_role: Role


class RoleUpdate(Request):
    model_config = example(user_role="DOCTOR")

    user_role: Role


class UserResponse(Answer):
    model_config = example(
        id=1,
        user_id="user_20260131080000f3a91c77",
        username="Zhang San",
        user_role="PATIENT",
        created_at="2026-01-31T08:00:00.000000Z",
        updated_at="2026-01-31T08:00:00.000000Z",
    )

    id: int
    user_id: str
    username: str
    user_role: Role
    created_at: Moment
    updated_at: Moment
