from collections.abc import Iterator

import httpx2
import pytest

from ai_service.engines.echo import Echo
from ai_service.main import create_app
from tests.ai_service.support import error_of, post
from tests.support.servers import run_program

HELLO = {"message": "hello"}


@pytest.fixture(scope="module")
def guarded_url() -> Iterator[str]:
    with run_program(create_app(Echo(), api_key="sésame")) as url:
        yield url


@pytest.mark.parametrize("header", ["Bearer sésame", "bearer  sésame"])
def test_the_right_key_passes(guarded_url: str, header: str) -> None:
    """The scheme is case-insensitive, and a key may be any text."""
    assert post(guarded_url, HELLO, headers={"Authorization": header.encode()}).is_success


@pytest.mark.parametrize("header", [None, "", "sésame", "Bearer", "Bearer sesame", "Basic sésame"])
def test_a_wrong_key_is_refused(guarded_url: str, header: str | None) -> None:
    """Without the very key nothing is answered."""
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = post(guarded_url, HELLO, headers=headers)
    error = error_of(answer)
    assert (answer.status_code, error["number"], error["code"]) == (401, 5001, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_key_is_checked_before_the_body(guarded_url: str) -> None:
    """Who has no key learns nothing of the expected form."""
    answer = httpx2.post(guarded_url, content=b"{", trust_env=False)
    assert answer.status_code == 401


def test_health_needs_no_key(guarded_url: str) -> None:
    """A monitor has none."""
    assert httpx2.get(f"{guarded_url}/health", trust_env=False).is_success


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/chat/completions"),
        ("GET", "/v1/models"),
        ("GET", "/stats"),
        ("GET", "/stats/times"),
        ("DELETE", "/stats"),
    ],
)
def test_everything_else_needs_the_key(guarded_url: str, method: str, path: str) -> None:
    """The same on every path."""
    assert httpx2.request(method, guarded_url + path, trust_env=False).status_code == 401
    headers = {b"Authorization": "Bearer sésame".encode()}
    answer = httpx2.request(method, guarded_url + path, headers=headers, trust_env=False)
    assert answer.status_code in {200, 204, 400}
