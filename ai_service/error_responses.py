import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ai_service.errors import (
    BodyTooLargeError,
    InvalidRequestError,
    NoSuchMethodError,
    NoSuchPathError,
    ServiceError,
)
from ai_service.openai_api import PATHS as OPENAI_PATHS
from ai_service.openai_api import openai_error

_BY_STATUS: dict[int, type[ServiceError]] = {
    error.status: error
    for error in (InvalidRequestError, NoSuchPathError, NoSuchMethodError, BodyTooLargeError)
}

log = logging.getLogger("ai_service")


def install_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    async def service_error(request: Request, error: ServiceError) -> JSONResponse:
        return _response(request, error)

    @app.exception_handler(RequestValidationError)
    async def bad_body(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = {_path(fault): str(fault["msg"]) for fault in error.errors()}
        faults = "; ".join(f"{path}: {reason}" for path, reason in fields.items())
        message = f"The body is not of the expected form. {faults}"
        return _response(request, InvalidRequestError(message, fields=fields))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        known = _BY_STATUS.get(error.status_code, ServiceError)()
        return _response(request, known, error.headers)


def _path(fault: dict[str, Any]) -> str:
    return ".".join(str(part) for part in fault["loc"])


def _response(
    request: Request, error: ServiceError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    request_id = uuid4().hex
    if error.__cause__ is not None:  # its text may quote the conversation, so only its type
        cause = type(error.__cause__).__name__
        log.error("%s request_id=%s cause=%s", error.code, request_id, cause)
    openai = request.scope["path"] in OPENAI_PATHS
    body = openai_error(error) if openai else _envelope(error, request_id)
    known = {**(headers or {}), **error.headers, "X-Request-Id": request_id}
    return JSONResponse({"error": body}, status_code=error.status, headers=known)


def _envelope(error: ServiceError, request_id: str) -> dict[str, Any]:
    return {
        "code": error.code,
        "number": error.number,
        "message": error.message,
        "retryable": error.retryable,
        "details": error.details,
        "request_id": request_id,
    }
