import httpx2
import pytest
from pydantic import BaseModel, ValidationError

from ai_service.chat_model.failures import failure_of, reason_of
from ai_service.errors import ModelFailedError, ModelTimeoutError, RateLimitedError, ServiceError


class ReplyError(Exception):
    """As the providers' SDKs raise it."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__("quotes the conversation")
        self.status_code = status
        self.response = httpx2.Response(status, headers=headers)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), ModelTimeoutError),
        (httpx2.ReadTimeout("slow"), ModelTimeoutError),
        (ReplyError(429, {}), RateLimitedError),
        (ReplyError(500, {}), ModelFailedError),
        (RuntimeError("quotes the conversation"), ModelFailedError),
    ],
)
def test_each_failure_has_its_kind(error: Exception, kind: type[ServiceError]) -> None:
    """Without the provider's text, which may quote the conversation."""
    failure = failure_of(error)
    assert type(failure) is kind
    assert "quotes" not in failure.message


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "9"}])
def test_the_providers_retry_after_is_passed_on(headers: dict[str, str]) -> None:
    """Where there is one."""
    assert failure_of(ReplyError(429, headers)).headers == headers


def test_a_reason_shows_no_values() -> None:
    """One of them may be the key."""

    class Settings(BaseModel):
        model: str
        other: int

    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"model": None, "other": "sk-secret"})
    assert reason_of(caught.value).startswith("Input should be a valid string; Input should be")
    assert "secret" not in reason_of(caught.value)
    assert reason_of(ValueError("two\nlines")) == "two lines"
