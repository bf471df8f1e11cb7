"""A message that begins with `!sim ` and JSON decides how it alone is answered."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from ai_service.durations import duration_in
from ai_service.errors import InvalidRequestError, ServiceError
from ai_service.schemas import Text
from ai_service.simulation.behaviour import Behaviour, reply_tokens
from ai_service.simulation.failures import failure

MARK = "!sim "
MAX_LENGTH = 1_000_000


def _seconds(value: Any) -> Any:
    seconds = duration_in(value) if isinstance(value, str) else value
    if seconds is None:
        raise PydanticCustomError("duration", "must be a time such as 2s, 200ms or 0.5 (seconds)")
    return seconds


Seconds = Annotated[float, Field(ge=0, le=3600), BeforeValidator(_seconds)]


class Script(BaseModel):
    """Starts from an answer at once: none of the command line's options apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Annotated[int, Field(ge=400, le=599)] | None = None
    retry_after: Annotated[int, Field(ge=0, le=86400)] | None = None
    latency: Seconds = 0.0
    first_token_delay: Seconds = 0.0
    tokens_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    length: Annotated[int, Field(ge=1, le=MAX_LENGTH)] | None = None
    tokens: tuple[Text, ...] | None = None
    cut_after: Annotated[int, Field(ge=0)] | None = None
    hang: bool = False
    garbage: bool = False
    endless: bool = False
    attempts: Annotated[list["Script"], Field(min_length=1)] | None = None

    def at(self, attempt: int) -> "Script":
        """The last of the attempts goes for all that follow."""
        if self.attempts is None:
            return self
        return self.attempts[min(attempt, len(self.attempts)) - 1].at(attempt)

    def behaviour(self, message: str) -> Behaviour:
        return Behaviour(
            tokens=reply_tokens(message, self.length) if self.tokens is None else self.tokens,
            latency_s=self.latency,
            first_token_delay_s=self.first_token_delay,
            tokens_per_second=self.tokens_per_second,
            error=self._error(),
            hang=self.hang,
            garbage=self.garbage,
            endless=self.endless,
            cut_after=self.cut_after,
        )

    def _error(self) -> ServiceError | None:
        if self.status is None and self.retry_after is None:
            return None
        return failure(self.status or 429, self.retry_after)


def script_in(message: str) -> Script | None:
    """Raises InvalidRequestError for a script that cannot be played."""
    if not message.startswith(MARK):
        return None
    try:
        return Script.model_validate_json(message.removeprefix(MARK))
    except ValidationError as error:
        places = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        faults = "; ".join(f"{place}: {reason}" if place else reason for place, reason in places)
        raise InvalidRequestError(f"The !sim script cannot be played. {faults}") from None
