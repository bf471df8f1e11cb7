"""Who is in which group: as the plan begins, and as it goes on."""

import asyncio
from contextlib import suppress

import httpx2

from tests.guarantees.history import Changed, History, Result
from tests.guarantees.people import RETRY_SECONDS
from tests.guarantees.plan import DOCTOR, Plan


class Registrar:
    """Calls go past the proxy."""

    def __init__(self, plan: Plan, urls: list[str], groups: list[str], history: History) -> None:
        self._plan = plan
        self._urls = urls
        self._dice = plan.dice("registrar")
        self._groups = groups
        self._history = history

    async def work(self) -> None:
        """One after the other; after a call without answer it is made once more, until it is known
        who is in."""
        start = self._history.now()
        inside = {
            (self._groups[i], u) for i, users in enumerate(self._plan.members()) for u in users
        }
        async with doctors_desk(self._urls[0]) as http:
            for change in self._plan.changes():
                await asyncio.sleep(change.pause_s)
                if self._history.now() - start > self._plan.seconds:
                    return
                who = (self._groups[change.group], change.user)
                if who in inside:
                    await self._until_changed(http, *who, joined=False)
                    await asyncio.sleep(change.away_s)
                await self._until_changed(http, *who, joined=True)
                inside.add(who)

    async def _until_changed(
        self, http: httpx2.AsyncClient, group_id: str, user: str, *, joined: bool
    ) -> None:
        while True:
            if await self._change(http, group_id, user, joined=joined):
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _change(
        self, http: httpx2.AsyncClient, group_id: str, user: str, *, joined: bool
    ) -> bool:
        """False where it is unknown whether it was done."""
        at, result, number = self._history.now(), Result.UNKNOWN, None
        path = f"{self._dice.choice(self._urls)}/api/group/{group_id}/members"
        with suppress(httpx2.HTTPError):
            if joined:
                response = await http.post(path, json={"user_id": user, "user_role": "PATIENT"})
            else:
                response = await http.delete(f"{path}/{user}")
            result = Result.OK if response.is_success else Result.REFUSED
            error = {} if response.is_success else response.json()["error"]
            number = error.get("number")
            result = Result.UNKNOWN if error.get("retryable") else result
        self._history.write(
            Changed(
                at=at, done=self._history.now(), group_id=group_id, user=user, joined=joined,
                result=result, number=number,
            )
        )  # fmt: skip
        return result is not Result.UNKNOWN


def doctors_desk(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=url,
        headers={"X-User-Id": DOCTOR},
        limits=httpx2.Limits(max_keepalive_connections=0),
        trust_env=False,
        timeout=20,
    )


async def open_groups(plan: Plan, url: str) -> list[str]:
    """With the members that the plan begins with."""
    groups = []
    deaf = ["deaf"] if plan.scenario.deaf else []
    async with doctors_desk(url) as http:
        for user in (*plan.users, *deaf):
            found = await http.get(f"/api/user/{user}", headers={"X-User-Id": user})
            found.raise_for_status()
        for number, members in enumerate(plan.members()):
            made = await http.post("/api/group/create", json={"group_name": f"Ward {number}"})
            groups.append(str(made.raise_for_status().json()["group_id"]))
            for user in (*members, *deaf):
                body = {"user_id": user, "user_role": "PATIENT"}
                added = await http.post(f"/api/group/{groups[-1]}/members", json=body)
                added.raise_for_status()
    return groups
