"""What /docs shows beside the schemas: refusals with their numbers, and who may call."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import STATUS, envelope
from app.errors import (
    AppError,
    Forbidden,
    InternalError,
    InvalidParameter,
    Overloaded,
    Unauthenticated,
)


class ErrorBody(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "GROUP_NOT_FOUND",
                    "number": 3001,
                    "message": "There is no group with this group_id, or you are not in it.",
                    "retryable": False,
                    "details": {},
                    "request_id": "req_20260131080000f3a91c77",
                }
            ]
        }
    )

    code: str
    number: int
    message: str
    retryable: bool = Field(description="Whether the same call may succeed later.")
    details: dict[str, Any] = Field(description="Where a parameter is wrong: which, and why.")
    request_id: str = Field(description="As in the header X-Request-Id, and in the log.")


class ErrorResponse(BaseModel):
    error: ErrorBody


ALWAYS: tuple[type[AppError], ...] = (
    InvalidParameter,
    Unauthenticated,
    Forbidden,
    InternalError,
    Overloaded,
)
"""What any call under /api may be told."""


def refusals(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: each error that it can answer with, as an example."""
    by_status: dict[int | str, dict[str, dict[str, Any]]] = {}
    for error in (*ALWAYS, *errors):
        examples = by_status.setdefault(STATUS[error.kind], {})
        examples[error.code] = {
            "summary": f"{error.number} {error.code}",
            "value": envelope(error(), "req_20260131080000f3a91c77"),
        }
    return {status: _response(by_status[status]) for status in sorted(by_status, key=int)}


def _response(examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "model": ErrorResponse,
        "description": " / ".join(example["summary"] for example in examples.values()),
        "content": {"application/json": {"examples": examples}},
    }


def install(app: FastAPI) -> None:
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=app.description,
                routes=app.routes, tags=app.openapi_tags,
            )  # fmt: skip
            app.openapi_schema = _without_422(schema)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _without_422(schema: dict[str, Any]) -> dict[str, Any]:
    """FastAPI documents 422 by itself; this service answers 400 instead."""
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    return schema
