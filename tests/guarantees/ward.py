"""Three people and their devices, one of each, in a service of this process: what the state machine
does, and how it looks at what came of it."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import httpx2

from tests.guarantees.check_order import (
    connections_keep_the_order,
    devices_find_no_gap,
    pages_are_whole,
    views_grow_by_one,
)
from tests.guarantees.client import Device
from tests.guarantees.dump import Dump
from tests.guarantees.evidence import Evidence, Violation
from tests.guarantees.history import History
from tests.guarantees.line import Manner
from tests.guarantees.sending import Answer, Outgoing
from tests.support.servers import RunningServer
from tests.support.waiting import eventually

T = TypeVar("T")
NAMES = ("dora", "anna", "ben")
DOCTOR, *PATIENTS = NAMES
PAGE = 100
ORDER = (
    connections_keep_the_order,
    devices_find_no_gap,
    pages_are_whole,
    views_grow_by_one,
)


class State(NamedTuple):
    """Of all groups that somebody is in: their members, and the ids of their messages."""

    members: dict[str, set[str]]
    messages: dict[str, list[str]]


class Ward:
    """Its loop runs only within `run`."""

    def __init__(self, server: RunningServer) -> None:
        tag = uuid4().hex[:8]
        port = int(server.url.rpartition(":")[2])
        self._runner = asyncio.Runner()
        self._history = History()
        self._sent = 0
        self.ids = {name: f"{name}-{tag}" for name in NAMES}
        self.http = {name: server.http(self.ids[name]) for name in NAMES}
        self.devices = {
            name: Device(f"{user}/0", [port], self._history, Manner(), random.Random(name))
            for name, user in self.ids.items()
        }
        self._tasks: list[asyncio.Task[None]] = []
        self.run(self._open())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self._close())
        self._runner.close()

    async def create_group(self) -> str:
        made = await self.http[DOCTOR].post("/api/group/create", json={"group_name": "Ward"})
        return str(made.raise_for_status().json()["group_id"])

    async def change(self, group_id: str, name: str, by: str, *, joined: bool) -> int | None:
        """The number of the refusal."""
        path, user = f"/api/group/{group_id}/members", self.ids[name]
        if joined:
            body = {"user_id": user, "user_role": "PATIENT"}
            answer = await self.http[by].post(path, json=body)
        else:
            answer = await self.http[by].delete(f"{path}/{user}")
        return None if answer.is_success else int(answer.json()["error"]["number"])

    def message(self, group_id: str, name: str) -> Outgoing:
        self._sent += 1
        return Outgoing(self.ids[name], group_id, f"own-{self._sent}", f"text {self._sent}")

    async def send(self, message: Outgoing, name: str, *, by_http: bool) -> Answer:
        device = self.devices[name]
        if by_http or not device.online.is_set():
            return await device.by_http(message)
        return await device.by_socket(message)

    async def disconnect(self, name: str) -> None:
        device = self.devices[name]
        device.online.clear()
        device.drop()
        await eventually(_look(device.ready.is_set), lambda ready: not ready)

    async def reconnect(self, name: str) -> None:
        self.devices[name].online.set()
        await self.devices[name].ready.wait()

    async def check(self, name: str) -> None:
        """What the device holds is what the service tells to who asks anew."""
        device = self.devices[name]
        if not device.online.is_set():
            return

        async def both() -> tuple[State, State]:
            await device.drained()
            return _held(device), await self._fresh(name)

        held, fresh = await eventually(both, lambda states: states[0] == states[1])
        assert held == fresh

    def violations(self) -> list[Violation]:
        """Of the order, on all connections there were."""
        run = Evidence(self._history.records, Dump(messages=[], heads={}, members={}))
        return [violation for find in ORDER for violation in find(run)]

    async def _open(self) -> None:
        for name, http in self.http.items():
            (await http.get(f"/api/user/{self.ids[name]}")).raise_for_status()
        self._tasks = [asyncio.create_task(device.run()) for device in self.devices.values()]
        for device in self.devices.values():
            await device.ready.wait()

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for device in self.devices.values():
            await device.close()
        for http in self.http.values():
            await http.aclose()

    async def _fresh(self, name: str) -> State:
        http = self.http[name]
        found = (await http.get(f"/api/user/{self.ids[name]}/groups")).raise_for_status().json()
        groups = [group["group_id"] for group in found["groups"]]
        return State(
            {group: await _members(http, group) for group in groups},
            {group: await _messages(http, group) for group in groups},
        )


def _held(device: Device) -> State:
    view = device.view
    return State(
        {group: set(members) for group, members in view.members.items()},
        {group: list(view.messages.get(group, [])) for group in view.members},
    )


async def _members(http: httpx2.AsyncClient, group_id: str) -> set[str]:
    found = (await http.get(f"/api/group/{group_id}/members")).raise_for_status().json()
    return {member["user_id"] for member in found["members"]}


async def _messages(http: httpx2.AsyncClient, group_id: str) -> list[str]:
    """By page, which is another way than the one that devices use."""
    found: list[str] = []
    page = 1
    while True:
        query: dict[str, str | int] = {"group_id": group_id, "page": page, "page_size": PAGE}
        listed = (await http.get("/api/message/list", params=query)).raise_for_status().json()
        found += [message["message_id"] for message in listed["messages"]]
        if len(found) >= listed["total"]:
            return found[::-1]
        page += 1


def _look(see: Any) -> Any:
    async def look() -> Any:
        return see()

    return look
