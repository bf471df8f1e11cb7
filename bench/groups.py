"""Users and their groups, set up and looked at over HTTP."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from bench.problems import BenchError

T = TypeVar("T")
X = TypeVar("X")
AT_ONCE = 16
UNAUTHENTICATED = 401


@dataclass(frozen=True, slots=True)
class Group:
    """Whoever is first has made it, where no `doctor` is named."""

    group_id: str
    members: tuple[str, ...]
    doctor: str = ""


def client(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30)


async def in_turns(work: Callable[[X], Awaitable[T]], items: Iterable[X]) -> list[T]:
    """All results in order, with a few items in work at a time. The first failure ends all, and is
    raised as it is."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(item: X) -> T:
        async with free:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def create_groups(http: httpx2.AsyncClient, count: int, size: int = 1) -> list[Group]:
    """Everybody is in one group, and a doctor there, so that no AI answers."""
    run = secrets.token_hex(4)

    async def create(number: int) -> Group:
        names = range(number * size, number * size + size)
        first, *others = members = tuple(f"bench_{run}_{name:05}" for name in names)
        body = {"group_name": f"Bench of {first}"}
        group_id = (await _call(http, "POST", "/api/group/create", first, body))["group_id"]
        for other in others:
            await _call(http, "GET", f"/api/user/{other}", other)  # known from the first call on
            member = {"user_id": other, "user_role": "DOCTOR"}
            await _call(http, "POST", f"/api/group/{group_id}/members", first, member)
        return Group(group_id, members)

    return await in_turns(create, range(count))


async def stored_in(http: httpx2.AsyncClient, groups: Iterable[Group]) -> list[int]:
    """How many messages the service has of each of these groups."""

    async def count(group: Group) -> int:
        path = f"/api/group/{group.group_id}"
        return int((await _call(http, "GET", path, group.members[0]))["last_seq"])

    return await in_turns(count, groups)


async def _call(
    http: httpx2.AsyncClient, method: str, path: str, user: str, body: object = None
) -> dict[str, Any]:
    answer = await http.request(method, path, json=body, headers={"X-User-Id": user})
    if answer.status_code == UNAUTHENTICATED:
        raise BenchError("The server asks for tokens; this measures with AUTH_MODE=open only")
    if not answer.is_success:
        raise BenchError(f"{method} {path} failed with HTTP {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found
