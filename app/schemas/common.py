"""Forms that all requests and answers share."""

import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    JsonValue,
    PlainSerializer,
    WithJsonSchema,
)

from app.services.core.rules import MAX_CONTENT, MAX_ID, MAX_USER_ID, is_path_id, path_id_rule
from app.utils.clock import rfc3339


def example(**fields: JsonValue) -> ConfigDict:
    """What /docs shows of a request or an answer."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Request(BaseModel):
    """Unknown fields are refused: a misspelt `client_msg_id` must not pass for a send without."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


def is_none(value: object) -> bool:
    """For fields that are left out where there is nothing to tell."""
    return value is None


CONTROLS = {"Cc", "Zl", "Zp"}
"""Unicode's categories of what ends or steers a line. Others that do not print are parts of names,
such as the joiners within an emoji or a Persian word, and the wide space of Chinese."""


def _plain(value: str) -> str:
    if not value.strip() or any(unicodedata.category(c) in CONTROLS for c in value):
        msg = "must have visible characters and no control characters"
        raise ValueError(msg)
    return value


def _storable(value: str) -> str:
    """A schema's own strings may hold both: JSON can write them, with escapes."""
    if "\x00" in value or any(unicodedata.category(c) == "Cs" for c in value):
        msg = "must not contain U+0000 or half a surrogate pair, which cannot be stored"
        raise ValueError(msg)
    return value


def _path_id(longest: int) -> AfterValidator:
    def check(value: str) -> str:
        if not is_path_id(value, longest):
            msg = f"must be {path_id_rule(longest)}"
            raise ValueError(msg)
        return value

    return AfterValidator(check)


def _of_length(longest: int) -> WithJsonSchema:
    """What /docs says of a string that `app.services.core.rules` checks, for every edge alike."""
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": longest})


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[Text, AfterValidator(_plain)]
UserId = Annotated[str, _path_id(MAX_USER_ID), _of_length(MAX_USER_ID)]
ItemId = Annotated[str, _path_id(MAX_ID), _of_length(MAX_ID)]
Content = Annotated[str, _of_length(MAX_CONTENT)]
Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
