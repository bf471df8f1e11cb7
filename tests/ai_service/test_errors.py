import pytest

from ai_service import errors


@pytest.mark.parametrize(
    ("error", "status", "number", "code"),
    [
        (errors.ServiceError, 500, 9001, "INTERNAL"),
        (errors.InvalidRequestError, 400, 1004, "INVALID_PARAMETER"),
        (errors.NoSuchPathError, 404, 1004, "INVALID_PARAMETER"),
        (errors.NoSuchMethodError, 405, 1004, "INVALID_PARAMETER"),
        (errors.BodyTooLargeError, 413, 1006, "FRAME_TOO_LARGE"),
        (errors.UnauthenticatedError, 401, 5001, "UNAUTHENTICATED"),
        (errors.ClientGoneError, 499, 4001, "AI_SERVICE_FAILED"),
        (errors.RateLimitedError, 429, 5003, "RATE_LIMITED"),
        (errors.OverloadedError, 503, 5004, "OVERLOADED"),
        (errors.ShuttingDownError, 503, 5004, "OVERLOADED"),
        (errors.ModelFailedError, 502, 4001, "AI_SERVICE_FAILED"),
        (errors.ModelTimeoutError, 504, 4002, "AI_SERVICE_TIMEOUT"),
    ],
)
def test_numbers_are_those_of_the_contract(
    error: type[errors.ServiceError], status: int, number: int, code: str
) -> None:
    """The client's program goes by these numbers."""
    assert (error.status, error.number, error.code) == (status, number, code)


def test_the_docstring_is_the_message() -> None:
    """An error without a text of its own still explains itself, on one line."""
    assert errors.ShuttingDownError().message == "The AI service is shutting down; try again."
    assert errors.ServiceError("Why.", field="a").details == {"field": "a"}
