from typing import Annotated, Self

import msgspec
from pydantic import Field

from app.schemas.common import Answer, Moment, Name, Request, Text, UserId, example
from app.schemas.message import MessageResponse
from app.schemas.role import Mode, Role
from app.services.core.records import Membership


class GroupCreate(Request):
    model_config = example(group_name="Ward 3", description="Dr. Li and Zhang San")

    group_name: Annotated[Name, Field(min_length=1, max_length=128)]
    description: Annotated[Text, Field(max_length=5000)] | None = None


class GroupMemberAdd(Request):
    model_config = example(user_id="user_20260131080000f3a91c77", user_role="PATIENT")

    user_id: UserId
    user_role: Role


class AIModeChange(Request):
    model_config = example(ai_mode="mention")

    ai_mode: Mode = Field(
        description="`auto`: patients are answered, unless a doctor has just written. `mention`: "
        "who writes @AI, or replies to the AI. `off`: nobody."
    )


class GroupResponse(Answer):
    model_config = example(
        id=1,
        group_id="group_20260131080000f3a91c77",
        group_name="Ward 3",
        description="Dr. Li and Zhang San",
        created_by="default_user",
        ai_mode="auto",
        last_seq=2,
        created_at="2026-01-31T08:00:00.000000Z",
        updated_at="2026-01-31T08:05:00.000000Z",
    )

    id: int
    group_id: str
    group_name: str
    description: str | None
    created_by: str
    ai_mode: str = Field(description="auto, mention or off.")
    last_seq: int = Field(description="The number of messages in the group.")
    created_at: Moment
    updated_at: Moment


class MembershipResponse(GroupResponse):
    user_role: str = Field(description="This user's role in the group.")
    last_message: MessageResponse | None

    @classmethod
    def of(cls, membership: Membership) -> Self:
        last = membership.last_message
        return cls(
            **msgspec.structs.asdict(membership.group),
            user_role=membership.user_role,
            last_message=MessageResponse.of(last) if last else None,
        )


class UserGroupsResponse(Answer):
    groups: list[MembershipResponse]


class MemberResponse(Answer):
    model_config = example(
        user_id="default_user", user_role="DOCTOR", joined_at="2026-01-31T08:00:00.000000Z"
    )

    user_id: str
    user_role: Role
    joined_at: Moment


class MemberListResponse(Answer):
    group_id: str
    members: list[MemberResponse]
    total: int


class DoneResponse(Answer):
    model_config = example(success=True, message="user_20260131080000f3a91c77 is a member now.")

    success: bool = True
    message: str
