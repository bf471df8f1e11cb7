from typing import Any

from ai_service.errors import ServiceError

_TYPES = {
    429: ("rate_limit_error", "rate_limit_exceeded"),
    401: ("invalid_request_error", "invalid_api_key"),
}
_BAD_REQUEST = ("invalid_request_error", None)
_SERVER_ERROR = ("server_error", None)
_FIRST_SERVER_STATUS = 500


def openai_error(error: ServiceError) -> dict[str, Any]:
    family = _BAD_REQUEST if error.status < _FIRST_SERVER_STATUS else _SERVER_ERROR
    kind, code = _TYPES.get(error.status, family)
    fields = error.details.get("fields")
    first = next(iter(fields), None) if isinstance(fields, dict) else None
    param = first.removeprefix("body").removeprefix(".") if first else None
    return {"message": error.message, "type": kind, "param": param or None, "code": code}
