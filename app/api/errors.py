"""Every error leaves in the one envelope; here alone a kind becomes a status."""

import math
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.errors import (
    AppError,
    ContentEmpty,
    FrameTooLarge,
    GroupIdMissing,
    InternalError,
    InvalidParameter,
    Kind,
    NoSuchPath,
    RateLimited,
)

log = structlog.get_logger(__name__)

STATUS = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.RATE_LIMITED: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
}
MISSING = {"content": ContentEmpty, "group_id": GroupIdMissing, "session_id": GroupIdMissing}
WORDS = {
    "string_pattern_mismatch": "must not contain blanks, control characters or any of / ? #",
    "model_attributes_type": "must be a JSON object, sent with Content-Type: application/json",
    "json_invalid": "must be JSON",
}
"""What pydantic says in terms that a client cannot know."""
NOT_ALLOWED = 405
MAX_PROBLEMS = 20
MAX_FIELD = 64


def envelope(error: AppError, request_id: str) -> dict[str, Any]:
    return {
        "error": {
            "code": error.code,
            "number": error.number,
            "message": error.message,
            "retryable": error.retryable,
            "details": error.details,
            "request_id": request_id,
        }
    }


def error_response(error: AppError, request_id: str, status: int | None = None) -> JSONResponse:
    return JSONResponse(
        envelope(error, request_id),
        status_code=status or STATUS[error.kind],
        headers=_headers(error),
    )


def _headers(error: AppError) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(math.ceil(error.retry_after_s))}
    return {"WWW-Authenticate": "Bearer"} if error.kind is Kind.UNAUTHENTICATED else {}


def install(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def from_validation(errors: Sequence[Any]) -> AppError:
    """The first fault decides the number; all are listed, without the values that came in."""
    problems = [
        {
            "field": _field(item),
            "reason": WORDS.get(item["type"], item["msg"].removeprefix("Value error, ")),
        }
        for item in errors[:MAX_PROBLEMS]
    ]
    first = problems[0]
    if errors[0]["type"] == "missing" and first["field"] in MISSING:
        return MISSING[first["field"]](problems=problems)
    return InvalidParameter(f"{first['field']}: {first['reason']}.", problems=problems)


def _field(item: Any) -> str:
    """Names come from the client where they are unknown, so they are cut."""
    where, *path = item["loc"]
    if not path or item["type"] == "json_invalid":
        return str(where)
    return ".".join(str(part) for part in path)[:MAX_FIELD]


def internal(error: Exception) -> InternalError:
    """The reason goes to the log and stays there."""
    log.error("request_failed", exc_info=error)
    return InternalError()


async def _app_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)  # noqa: S101 - narrows what FastAPI registers by class
    return error_response(error, request.state.request_id)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows, as above
    return error_response(from_validation(error.errors()), request.state.request_id)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses: unknown paths, methods, bodies it cannot read."""
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows, as above
    if error.status_code == NOT_ALLOWED:
        refusal: AppError = InvalidParameter(f"{request.method} is not served at this path.")
    elif error.status_code == STATUS[Kind.NOT_FOUND]:
        refusal = NoSuchPath()
    elif error.status_code == STATUS[Kind.TOO_LARGE]:
        refusal = FrameTooLarge()
    else:
        refusal = InvalidParameter(str(error.detail))
    response = error_response(refusal, request.state.request_id, error.status_code)
    response.headers.update(error.headers or {})
    return response
