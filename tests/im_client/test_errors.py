import json

import pytest

from im_client.errors import (
    IMClientError,
    IMClosedError,
    IMConnectionError,
    IMError,
    IMProtocolError,
    IMTokenError,
    IMUnacknowledgedError,
    error_from_response,
    is_transient,
)


def test_envelope_is_carried_over_field_by_field() -> None:
    body = {
        "code": "RATE_LIMITED",
        "number": 5003,
        "message": "Slow down.",
        "retryable": True,
        "details": {"retry_after": 2},
        "request_id": "r1",
    }

    error = error_from_response(429, json.dumps({"error": body}).encode())

    assert {name: getattr(error, name) for name in body} == body
    assert error.status == 429
    assert str(error) == "Slow down. (RATE_LIMITED 5003)"


def test_fields_of_a_newer_server_are_ignored() -> None:
    body = {"code": "X", "number": 1, "message": "m", "hint": "new"}

    assert error_from_response(400, json.dumps({"error": body}).encode()).code == "X"


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'{"error":"no"}'])
@pytest.mark.parametrize(("status", "retryable"), [(502, True), (404, False)])
def test_an_answer_that_is_not_the_services_keeps_its_status(
    content: bytes, status: int, retryable: bool
) -> None:
    """A proxy in between answers in its own words."""
    error = error_from_response(status, content)

    assert (error.code, error.number, error.status) == (f"HTTP_{status}", 0, status)
    assert error.retryable is retryable


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (IMConnectionError("http://h", "refused"), True),
        (IMUnacknowledgedError("http://h", "lost", "c1"), True),
        (IMError("OVERLOADED", 5004, "later", retryable=True), True),
        (IMError("FORBIDDEN", 5002, "no"), False),
        (IMClosedError(4500, "expired"), False),
        (IMProtocolError("?"), False),
        (IMTokenError("?"), True),
    ],
)
def test_only_what_may_pass_is_transient(error: IMClientError, transient: bool) -> None:
    assert is_transient(error) is transient


def test_messages_name_address_and_reason() -> None:
    assert str(IMConnectionError("http://h:1", "refused")) == "no connection to http://h:1: refused"
    assert "token" in str(IMClosedError(4500, ""))
    assert "kicked (4503)" in str(IMClosedError(4503, "kicked"))
