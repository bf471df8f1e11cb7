import pytest

from ai_service.errors import InvalidRequestError
from ai_service.openai_api.errors import openai_error


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"body.messages.0.role": "x", "body.model": "y"}, "messages.0.role"), ({"body": "x"}, None)],
)
def test_the_first_wrong_field_is_the_param(fields: dict[str, str], param: str | None) -> None:
    """By the name that the client wrote."""
    error = openai_error(InvalidRequestError("Why.", fields=fields))
    assert (error["message"], error["param"]) == ("Why.", param)
