from typing import Annotated

from pydantic import ConfigDict, Field

from app.schemas.common import Answer, Moment, Request, Text, is_none


class AITestRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"message": "你好"}]})

    message: Annotated[Text, Field(min_length=1, max_length=5000)] | None = None


class AITestError(Answer):
    code: str
    number: int
    message: str


class AITestResponse(Answer):
    ok: bool
    duration_ms: int
    reply: str | None = Field(None, exclude_if=is_none)
    error: AITestError | None = Field(None, exclude_if=is_none)


class InteractionResponse(Answer):
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


class InteractionListResponse(Answer):
    records: list[InteractionResponse]
    total: int
    page: int
    page_size: int
