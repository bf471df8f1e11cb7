from collections.abc import Iterator

import pytest

from ai_service.engine import LoadProfile
from ai_service.engines import engine_factories
from ai_service.main import create_app
from tests.ai_service.support import Chat
from tests.support.servers import run_program


@pytest.fixture(scope="session")
def demo_url() -> Iterator[str]:
    with run_program(create_app(engine_factories()["demo"](LoadProfile()), api_key=None)) as url:
        yield url


@pytest.fixture
def chat(demo_url: str) -> Chat:
    """A new conversation with the demo engine."""
    return Chat(demo_url)
