"""Users with a group each, set up and looked at over HTTP."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import httpx2

from bench.problems import BenchError

T = TypeVar("T")
X = TypeVar("X")
AT_ONCE = 16
UNAUTHENTICATED = 401
Group = tuple[str, str]
"""Of which user, and its group_id."""


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


async def create_groups(http: httpx2.AsyncClient, count: int) -> list[Group]:
    """Each user is a doctor in a group of its own, so that no AI answers."""
    run = secrets.token_hex(4)

    async def create(number: int) -> Group:
        user = f"bench_{run}_{number}"
        body = {"group_name": f"Bench of {user}"}
        return user, (await _call(http, "POST", "/api/group/create", user, body))["group_id"]

    return await in_turns(create, range(count))


async def stored_in(http: httpx2.AsyncClient, groups: Iterable[Group]) -> int:
    """How many messages the service has of these groups."""

    async def count(group: Group) -> int:
        user_id, group_id = group
        return int((await _call(http, "GET", f"/api/group/{group_id}", user_id))["last_seq"])

    return sum(await in_turns(count, groups))


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
