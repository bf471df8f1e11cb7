"""What /docs shows beside the schemas: refusals with their numbers, and who may call."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from app.api.errors import STATUS, envelope
from app.errors import AppError, InternalError, InvalidParameter, Unauthenticated


class ErrorBody(BaseModel):
    code: str
    number: int
    message: str
    retryable: bool = Field(description="Whether the same call may succeed later.")
    details: dict[str, Any]
    request_id: str


class ErrorResponse(BaseModel):
    error: ErrorBody


ALWAYS = (InvalidParameter, Unauthenticated, InternalError)


def refusals(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: each error that it can answer with, as an example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in (*ALWAYS, *errors):
        status = STATUS[error.kind]
        entry = responses.setdefault(
            status,
            {
                "model": ErrorResponse,
                "description": "",
                "content": {"application/json": {"examples": {}}},
            },
        )
        sample = error()
        examples = entry["content"]["application/json"]["examples"]
        examples[error.code] = {
            "summary": f"{error.number} {error.code}",
            "value": envelope(sample, "req_20260131080000…"),
        }
        entry["description"] = " / ".join(f"{e['summary']}" for e in examples.values())
    return responses


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
