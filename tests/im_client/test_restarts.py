"""A server that is killed twice and started again, as by power cuts, while clients write and read.

Played once; the tests look at what became of it.
"""

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from im_client import IMClient, Message, MessageSent
from tests.im_client.clients import stored
from tests.support.processes import ServerProcess, server_process

DOCS = Path(__file__).parents[2] / "docs" / "client.md"
EACH = 120
KILLED_AT = (60, 150)
"""So many acknowledgements, of both writers."""


@dataclass
class Aftermath:
    acknowledged: list[MessageSent] = field(default_factory=list)
    seen: dict[str, list[str]] = field(default_factory=dict)
    history: list[Message] = field(default_factory=list)
    told_by_example: list[int] = field(default_factory=list)
    session: list[Message] = field(default_factory=list)


def example(url: str) -> str:
    """The first program in the documentation, as it stands, but for the address."""
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1].replace("http://127.0.0.1:8000", url)


def fast(url: str, user_id: str) -> IMClient:
    return IMClient(url, user_id, backoff_base=0.05, backoff_cap=0.2)


class Story:
    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.found = Aftermath()
        self._progress = asyncio.Condition()

    async def play(self) -> Aftermath:
        url = self.server.url
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", example(url)),
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout is not None
        await program.stdout.readline()  # its own message: it is there
        async with (
            fast(url, "dora") as dora,
            fast(url, "dick") as dick,
            fast(url, "alice") as alice,
        ):
            await dick.groups()
            group_id = (await dora.create_group("ward")).group_id
            await dora.add_member(group_id, "dick", "DOCTOR")
            for client in (dora, dick, alice):
                await client.connect()
            await asyncio.gather(
                self._write(dora, "dora", group_id),
                self._write(dick, "dick", group_id),
                self._kill_twice(),
                self._tell_example(alice),
            )
            for client, name in ((dora, "dora"), (dick, "dick")):
                events = await stored(client, 2 * EACH, group_id)
                self.found.seen[name] = [event.message_id for event in events]
                assert [event.seq for event in events] == list(range(1, 2 * EACH + 1))
            await self._read_example(program.stdout)
            self.found.history = await self._whole(dora, group_id)
            self.found.session = await self._whole(alice, "session_alice")
        program.terminate()
        await program.communicate()
        return self.found

    async def _write(self, client: IMClient, name: str, group_id: str) -> None:
        """Five at a time, started in order."""
        for first in range(0, EACH, 5):
            contents = [f"{name} {number}" for number in range(first, first + 5)]
            messages = await asyncio.gather(*(client.send(group_id, c) for c in contents))
            async with self._progress:
                self.found.acknowledged += messages
                self._progress.notify_all()

    async def _until(self, count: int) -> None:
        async with self._progress:
            await self._progress.wait_for(lambda: len(self.found.acknowledged) >= count)

    async def _kill_twice(self) -> None:
        for count in KILLED_AT:
            await self._until(count)
            await asyncio.to_thread(self.server.kill)
            await asyncio.to_thread(self.server.start)

    async def _tell_example(self, alice: IMClient) -> None:
        """While the server is away, too."""
        for count in (*KILLED_AT, 2 * EACH):
            await self._until(count)
            for number in range(3):
                await alice.send(None, f"{count} {number}")

    async def _read_example(self, output: asyncio.StreamReader) -> None:
        self.found.told_by_example = [1]
        async with asyncio.timeout(20):
            while len(self.found.told_by_example) < 1 + 3 * 3:
                line = (await output.readline()).decode()
                self.found.told_by_example.append(int(line.split()[0]))

    async def _whole(self, client: IMClient, group_id: str) -> list[Message]:
        found: list[Message] = []
        while page := await client.history(group_id, 100, after_seq=len(found)):
            found += page
        return found


@pytest.fixture(scope="module")
def aftermath(own_environment: Path) -> Iterator[Aftermath]:
    database_url = f"sqlite:///{own_environment / 'im.db'}"
    with server_process(own_environment / "log", DATABASE_URL=database_url) as server:
        yield asyncio.run(Story(server).play())


def test_every_send_returned_and_its_message_is_stored_once(aftermath: Aftermath) -> None:
    """Though each was on its way, perhaps already stored, when the server died."""
    contents = [message.msg_content for message in aftermath.history]

    assert sorted(contents) == sorted(f"{who} {n}" for who in ("dora", "dick") for n in range(EACH))
    assert {m.message_id for m in aftermath.acknowledged} == {
        m.message_id for m in aftermath.history
    }


def test_every_client_saw_each_message_once_in_the_order_of_the_group(
    aftermath: Aftermath,
) -> None:
    whole = [message.message_id for message in aftermath.history]

    assert aftermath.seen == {"dora": whole, "dick": whole}


def test_what_was_started_in_order_was_stored_in_order(aftermath: Aftermath) -> None:
    for who in ("dora", "dick"):
        contents = [m.msg_content for m in aftermath.history if m.from_user_id == who]
        assert contents == [f"{who} {number}" for number in range(EACH)]


def test_the_documented_example_tells_each_message_once(aftermath: Aftermath) -> None:
    assert [message.seq for message in aftermath.session] == list(range(1, 11))
    assert aftermath.told_by_example == list(range(1, 11))
