from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import serve

from app.config import GROUPS
from im_client import IMClient
from tests.im_client.clients import Open, Server
from tests.im_client.scripted import ScriptedServer
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service


@pytest.fixture(scope="module")
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No setting of the machine and no .env reaches what a whole module uses; gives a folder."""
    folder = tmp_path_factory.mktemp("im_client")
    with pytest.MonkeyPatch.context() as patch:
        for group in GROUPS.values():
            for name in group.model_fields:
                patch.delenv(name.upper(), raising=False)
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def server(
    own_environment: Path, sqlite_files: SqliteFiles, echo_ai: str
) -> Iterator[RunningServer]:
    """One for all tests of a module, on one database: the client sees none of it."""
    with run_service(database_url=sqlite_files.new(), ai_service_url=echo_ai) as running:
        yield running


@pytest.fixture
async def open_client(server: Server) -> AsyncIterator[Open]:
    """Connected clients that come back fast."""
    async with AsyncExitStack() as stack:

        async def open_client(user_id: str, **options: Any) -> IMClient:
            options = {"backoff_base": 0.05, "backoff_cap": 0.1} | options
            client = await stack.enter_async_context(IMClient(server.url, user_id, **options))
            await client.connect()
            return client

        yield open_client


@pytest.fixture
async def ward(server: Server) -> str:
    """A new group of the doctor `dora` with the patients `pat` and `paul`."""
    async with IMClient(server.url, "dora") as dora:
        group = await dora.create_group("ward")
        for patient in ("pat", "paul"):
            async with IMClient(server.url, patient) as client:
                await client.groups()  # users come into being on first use
            await dora.add_member(group.group_id, patient, "PATIENT")
        return group.group_id


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    async with serve(scripted.play, "127.0.0.1", 0, process_request=scripted.answer) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        scripted.url = f"http://127.0.0.1:{port}"
        yield scripted
