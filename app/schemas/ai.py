from typing import Annotated

from pydantic import Field

from app.schemas.common import Answer, Moment, Request, Text, example, is_none


class AITestRequest(Request):
    model_config = example(message="你好")

    message: Annotated[Text, Field(min_length=1, max_length=5000)] | None = None


class AITestError(Answer):
    model_config = example(
        code="AI_SERVICE_TIMEOUT",
        number=4002,
        message="The AI service did not answer in time (30.0 s).",
    )

    code: str
    number: int
    message: str


class AITestResponse(Answer):
    ok: bool
    duration_ms: int
    reply: str | None = Field(None, exclude_if=is_none)
    error: AITestError | None = Field(None, exclude_if=is_none)


class InteractionResponse(Answer):
    model_config = example(
        id=1,
        record_id="record_20260131080459f3a91c77",
        group_id="group_20260131080000f3a91c77",
        user_message_id="msg_20260131080459c7d913",
        ai_message_id="msg_20260131080500a41b02",
        ai_service_url="https://ai.example.com/chat",
        status=1,
        attempts=1,
        duration_ms=812,
        created_at="2026-01-31T08:04:59.000000Z",
        updated_at="2026-01-31T08:05:00.000000Z",
    )

    id: int
    record_id: str
    group_id: str
    session_id: str | None = Field(exclude_if=is_none)
    user_message_id: str
    ai_message_id: str | None
    ai_service_url: str | None
    status: int = Field(description="0 in progress, 1 success, 2 failed.")
    attempts: int
    duration_ms: int | None
    error_number: int | None = Field(description="The number of the error, as in the contract.")
    error_message: str | None
    created_at: Moment
    updated_at: Moment


class WholeInteractionResponse(InteractionResponse):
    request_content: str | None = Field(
        description="What the AI service was asked, as JSON; cut off where it is very long.",
        exclude_if=is_none,
    )
    response_content: str | None = Field(description="What it answered.", exclude_if=is_none)


class InteractionListResponse(Answer):
    records: list[InteractionResponse]
    total: int
    page: int
    page_size: int
