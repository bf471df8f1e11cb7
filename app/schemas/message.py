from typing import Annotated, Literal, Self

import msgspec
from pydantic import ConfigDict, Field

from app.schemas.common import (
    Answer,
    Content,
    ItemId,
    Moment,
    Request,
    UserId,
    example,
    is_none,
)
from app.services.core.records import MessageRecord
from app.services.core.rules import MAX_ID

MessageKind = Literal["TEXT", "IMAGE", "AI_REPLY"]


class MessageCreate(Request):
    """Exactly one of `group_id` and `session_id`. For an IMAGE the content is its address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "group_id": "group_20260131080000f3a9",
                    "content": "I have had a headache since yesterday.",
                    "client_msg_id": "a7c1",
                },
                {"session_id": "test_user", "content": "你好"},
            ]
        }
    )

    group_id: ItemId | None = None
    session_id: UserId | None = None
    content: Content
    msg_type: Literal["TEXT", "IMAGE"] = "TEXT"
    client_msg_id: Annotated[str, Field(min_length=1, max_length=MAX_ID)] | None = None
    reply_to_message_id: ItemId | None = None


class MessageResponse(Answer):
    model_config = example(
        id=2,
        message_id="msg_20260131080500a41b02",
        group_id="group_20260131080000f3a91c77",
        seq=2,
        from_user_id="ai_assistant_001",
        user_role="AI_ASSISTANT",
        msg_type="AI_REPLY",
        msg_content="Where does it hurt, and since when?",
        reply_to_message_id="msg_20260131080459c7d913",
        finish_reason="complete",
        created_at="2026-01-31T08:05:00.000000Z",
        updated_at="2026-01-31T08:05:00.000000Z",
    )

    id: int
    message_id: str
    group_id: str
    session_id: str | None = Field(None, exclude_if=is_none, description="Only in v1 sessions.")
    seq: int = Field(description="1, 2, 3, … without a gap in each group.")
    from_user_id: str
    user_role: str = Field(description="The sender's role in the group when it was sent.")
    msg_type: MessageKind
    msg_content: str
    client_msg_id: str | None
    reply_to_message_id: str | None = Field(
        None, exclude_if=is_none, description="Always on AI replies."
    )
    finish_reason: str | None = Field(
        None, exclude_if=is_none, description="AI replies: complete, stopped, length."
    )
    created_at: Moment
    updated_at: Moment
    duplicate: bool | None = Field(
        None,
        exclude_if=is_none,
        description="true where this client_msg_id had been stored before.",
    )

    @classmethod
    def of(cls, message: MessageRecord) -> Self:
        """Straight from the record, which is known to be right: no second validation."""
        fields = msgspec.structs.asdict(message)
        fields["duplicate"] = message.duplicate or None
        return cls.model_construct(session_id=message.session_id, **fields)


class MessageListResponse(Answer):
    messages: list[MessageResponse]
    total: int
    page: int
    page_size: int
