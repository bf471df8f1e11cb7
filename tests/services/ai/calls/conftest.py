from collections.abc import AsyncIterator

import pytest

from tests.services.ai.calls.support import RawServer, running


@pytest.fixture
async def ai() -> AsyncIterator[RawServer]:
    async with running() as server:
        yield server


@pytest.fixture
async def fallback() -> AsyncIterator[RawServer]:
    async with running() as server:
        yield server
