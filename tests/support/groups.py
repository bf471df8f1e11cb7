"""The usual cast: a doctor, patients, and a group they share."""

from dataclasses import dataclass
from typing import Protocol

import httpx2


class Service(Protocol):
    """In this process or another: whoever hands out clients."""

    def http(self, user_id: str | None = None) -> httpx2.AsyncClient: ...


@dataclass(frozen=True)
class Ward:
    group_id: str
    patient: str
    doctor: str = "default_user"


async def open_ward(server: Service, patient: str = "pat") -> Ward:
    async with server.http() as doctor, server.http(patient) as person:
        await person.get(f"/api/user/{patient}")  # known from the first call on
        created = await doctor.post("/api/group/create", json={"group_name": "Ward"})
        group_id = created.raise_for_status().json()["group_id"]
        await add_member(doctor, group_id, patient, "PATIENT")
    return Ward(group_id, patient)


async def add_member(doctor: httpx2.AsyncClient, group_id: str, user_id: str, role: str) -> None:
    body = {"user_id": user_id, "user_role": role}
    (await doctor.post(f"/api/group/{group_id}/members", json=body)).raise_for_status()


async def send(client: httpx2.AsyncClient, group_id: str, content: str) -> dict[str, object]:
    body = {"group_id": group_id, "content": content}
    answer = await client.post("/api/message/send", json=body)
    message: dict[str, object] = answer.raise_for_status().json()
    return message


async def messages(client: httpx2.AsyncClient, group_id: str) -> list[dict[str, object]]:
    """All of the group (at most 100), oldest first."""
    query: dict[str, str | int] = {"group_id": group_id, "after_seq": 0, "limit": 100}
    answer = await client.get("/api/message/list", params=query)
    found: list[dict[str, object]] = answer.raise_for_status().json()["messages"]
    return found


async def interactions(client: httpx2.AsyncClient, group_id: str) -> list[dict[str, object]]:
    """Newest first."""
    answer = await client.get("/api/ai/interactions", params={"group_id": group_id})
    found: list[dict[str, object]] = answer.raise_for_status().json()["records"]
    return found
