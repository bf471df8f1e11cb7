"""People who write through the front door, by socket and by HTTP, and hear each other."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx2

from im_client import IMClient, IMError, IMUnacknowledgedError, MessageSent

PATIENCE_S = 60.0
PAUSE_S = 0.2
GROUP_SIZE = 4


@dataclass(slots=True)
class Ledger:
    """Of all people together. `heard`: the numbers, in the order in which they came, of each
    listener and group."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    again: int = 0
    slowest_s: float = 0.0
    heard: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def answered(self, client_msg_id: str, message_id: str, began: float) -> None:
        self.acknowledged[client_msg_id] = message_id
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)


class Member:
    def __init__(self, url: str, user: str, group_id: str, ledger: Ledger) -> None:
        self.user = user
        self.client = IMClient(url, user, ack_timeout=PATIENCE_S, backoff_cap=2.0)
        self._http = httpx2.AsyncClient(
            base_url=url, headers={"X-User-Id": user}, trust_env=False, timeout=15
        )
        self.group_id = group_id
        self._ledger = ledger
        self._sent = 0

    async def close(self) -> None:
        await self.client.close()
        await self._http.aclose()

    async def listen(self) -> None:
        async for event in self.client.events():
            if isinstance(event, MessageSent):
                self._ledger.heard[self.user, event.group_id].append(event.seq)

    async def talk(self, until: asyncio.Event) -> None:
        """One message after the other, each till its end is known."""
        while not until.is_set():
            self._sent += 1
            name = f"{self.user}-{self._sent}"
            await (self._by_socket(name) if self._sent % 2 else self._by_http(name))
            await asyncio.sleep(random.uniform(0, 2 * PAUSE_S))

    async def _by_socket(self, name: str) -> None:
        began = time.monotonic()
        try:
            sent = await self.client.send(self.group_id, name, name)
        except IMUnacknowledgedError:
            self._ledger.unanswered.append(name)
        except IMError as error:
            self._ledger.refused.append(f"{name}: {error}")
        else:
            self._ledger.answered(name, sent.message_id, began)

    async def _by_http(self, name: str) -> None:
        """As any client should: again, with the same client_msg_id, until there is an answer."""
        body = {"group_id": self.group_id, "content": name, "client_msg_id": name}
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE_S:
            with suppress(httpx2.HTTPError):
                answer = await self._http.post("/api/message/send", json=body)
                if answer.is_success:
                    self._ledger.answered(name, answer.json()["message_id"], began)
                    return
                if answer.status_code < 500:
                    self._ledger.refused.append(f"{name}: {answer.text}")
                    return
            self._ledger.again += 1
            await asyncio.sleep(random.uniform(0, 2 * PAUSE_S))
        self._ledger.unanswered.append(name)


@asynccontextmanager
async def crowd(url: str, size: int, ledger: Ledger) -> AsyncIterator[list[Member]]:
    """All of them connected, in groups of some; all doctors, so that no AI speaks."""
    groups = [await _group(url, number) for number in range(-(-size // GROUP_SIZE))]
    members = [
        Member(url, f"person-{number}", groups[number // GROUP_SIZE], ledger)
        for number in range(size)
    ]
    async with asyncio.TaskGroup() as tasks:
        for member in members:
            await member.client.connect()
        ears = [tasks.create_task(member.listen()) for member in members]
        try:
            yield members
        finally:
            for member in members:
                await member.close()
            for ear in ears:
                ear.cancel()


async def _group(url: str, number: int) -> str:
    people = [f"person-{number * GROUP_SIZE + n}" for n in range(GROUP_SIZE)]
    for user in people:
        async with IMClient(url, user) as client:
            await client.groups()  # a first call makes a user known
    async with IMClient(url, people[0]) as founder:
        group = await founder.create_group(f"Rolling {number}")
        for user in people[1:]:
            await founder.add_member(group.group_id, user, "DOCTOR")
    return group.group_id
