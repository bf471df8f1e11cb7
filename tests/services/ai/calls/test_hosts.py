from typing import Any

import pytest

from app.config import SettingsError, load_settings
from app.services.ai.calls import AICaller
from tests.services.ai.calls.support import RawServer, asked, failed


def caller(url: str, allowed: str, **settings: Any) -> AICaller:
    return AICaller(load_settings(ai_service_url=url, ai_allowed_hosts=allowed, **settings).ai)


ALLOWED = [
    ("http://ai.example/x", ""),
    ("http://ai.example/x", "other.example, AI.example"),
    ("http://AI.EXAMPLE./x", "ai.example"),
    ("http://user:pw@ai.example:8001/x", "ai.example"),
    ("http://10.1.2.3/", "10.0.0.0/8"),
    ("http://10.1.2.3/", "ai.example,10.1.2.3"),
    ("http://[fd00::1]:80/", "[fd00::1]"),
    ("http://[::ffff:10.1.2.3]/", "10.1.2.3"),
    ("http://any.example/", "10.0.0.0/8"),  # resolved when it is called
]
NOT_ALLOWED = [
    ("http://ai.example/", "other.example"),
    ("http://ai.example.evil/", "ai.example"),
    ("http://ai.example@evil.example/", "ai.example"),
    ("http://11.1.2.3/", "10.0.0.0/8"),
    ("http://10.1.2.3/", "ai.example"),
    ("http://other.example/", "ai.example,10.0.0.0/8"),
    ("http://[fd01::1]/", "fd00::/16"),
]


@pytest.mark.parametrize(("url", "allowed"), ALLOWED)
async def test_listed(url: str, allowed: str) -> None:
    """By name, address or network; nothing listed allows all."""
    await caller(url, allowed).close()


@pytest.mark.parametrize(("url", "allowed"), NOT_ALLOWED)
async def test_not_listed(url: str, allowed: str) -> None:
    """The start ends with a line that names the setting; so for the fall-back."""
    with pytest.raises(SettingsError, match=r"^AI_SERVICE_URL: .* AI_ALLOWED_HOSTS$"):
        caller(url, allowed)
    good = allowed.split(",", maxsplit=1)[0].partition("/")[0]
    good = f"http://[{good}]/" if ":" in good else f"http://{good}/"
    with pytest.raises(SettingsError, match=r"^AI_FALLBACK_URL: .* AI_ALLOWED_HOSTS$"):
        caller(good, allowed, ai_fallback_url=url)


@pytest.mark.parametrize("entry", ["http://ai.example", "10.0.0.0/33", "*", "a b", "ai:80", "-a"])
async def test_entries_that_are_none(entry: str) -> None:
    """Are not taken for names."""
    with pytest.raises(SettingsError, match=r"^AI_ALLOWED_HOSTS: "):
        caller("http://ai.example/", entry)


async def test_a_name_that_leads_to_a_listed_network(ai: RawServer) -> None:
    """The call goes to the address that was looked at, under the name."""
    url = ai.url.replace("127.0.0.1", "localhost")
    answer, _ = await asked(url, ai_allowed_hosts="127.0.0.0/8")
    assert answer.service_url == url
    assert ai.headers["host"] == url.removeprefix("http://")


async def test_a_name_that_leads_elsewhere(ai: RawServer) -> None:
    """Refused at the call, before anything is sent."""
    url = ai.url.replace("127.0.0.1", "localhost")
    error, _ = await failed(url, ai_allowed_hosts="10.0.0.0/8")
    assert (error.number, error.worth_repeating) == (4001, False)
    assert "AI_ALLOWED_HOSTS" in error.message
    assert ai.connections == 0


async def test_a_name_that_leads_nowhere() -> None:
    """As any service that cannot be reached."""
    error, _ = await failed("http://nowhere.invalid/", ai_allowed_hosts="10.0.0.0/8")
    assert (error.number, error.worth_repeating) == (4001, True)
