"""The numbers are for ever: a client that knows one may act on it without reading the message."""

import inspect
import re
from pathlib import Path

import pytest

from app import errors
from app.api.errors import STATUS, error_response
from app.errors import AppError, Kind
from tests.api.steps import CODES, RETRYABLE

ALL = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, AppError) and error is not AppError
]
CONTRACT = Path(__file__).parents[1] / "docs" / "wire-contract.md"
STATUSES = {
    1001: {400}, 1002: {400}, 1003: {400}, 1004: {400, 404}, 1005: {409}, 1006: {413},
    2001: {404}, 2002: {400}, 2003: {404}, 3001: {404}, 3002: {404},
    4001: {503}, 4002: {503}, 4003: {503}, 4004: {503},
    5001: {401}, 5002: {403}, 5003: {429}, 5004: {503}, 9001: {500},
}  # fmt: skip


def test_all_numbers_of_the_contract_are_there() -> None:
    """Each with its code and status, and no other."""
    assert {error.number: error.code for error in ALL} == CODES
    for number, statuses in STATUSES.items():
        assert {STATUS[error.kind] for error in ALL if error.number == number} == statuses


def test_the_printed_contract_has_the_same_numbers() -> None:
    """What developers read is what the service does."""
    rows = re.findall(r"\| (\d{4}) \| ([A-Z_]+)", CONTRACT.read_text(encoding="utf-8"))
    assert {int(number): code for number, code in rows} == CODES


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_an_error_explains_itself(error: type[AppError]) -> None:
    """Its docstring is its message, on one line, unless the case has more to say."""
    plain, special = error(), error("Because.", limit=5)
    assert plain.message == " ".join(inspect.getdoc(error).split())  # type: ignore[union-attr]
    assert plain.message.endswith(".")
    assert plain.details == {}
    assert str(plain) == plain.message
    assert (special.message, special.details) == ("Because.", {"limit": 5})
    assert error.retryable is (error.number in RETRYABLE)


def test_every_kind_has_a_status() -> None:
    """Here alone; services never think of transport."""
    assert set(STATUS) == set(Kind)
    assert 422 not in STATUS.values()


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_headers_tell_what_the_status_calls_for(error: type[AppError]) -> None:
    """How to sign in with 401, when to come back with 429."""
    headers = error_response(error(), "req_1").headers
    assert ("WWW-Authenticate" in headers) is (error.kind is Kind.UNAUTHENTICATED)
    assert ("Retry-After" in headers) is (error.kind is Kind.RATE_LIMITED)
