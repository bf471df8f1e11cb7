from typing import Annotated

from pydantic import ConfigDict, Field

from app.schemas.common import Answer, Moment, Name, Request
from app.schemas.role import Role


class UserCreate(Request):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "Zhang San", "user_role": "PATIENT"}]}
    )

    username: Annotated[Name, Field(min_length=1, max_length=64)]
    user_role: Role


class RoleUpdate(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"user_role": "DOCTOR"}]})

    user_role: Role


class UserResponse(Answer):
    id: int
    user_id: str
    username: str
    user_role: Role
    created_at: Moment
    updated_at: Moment
