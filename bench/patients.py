"""Patients in groups of their own, and what the AI was asked there, over HTTP."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

import httpx2

from bench.groups import Group, create_groups, in_turns

ON_A_PAGE = 100
SUCCEEDED = 1
PATIENT, DOCTOR = "PATIENT", "DOCTOR"


@dataclass(frozen=True, slots=True)
class Record:
    record_id: str
    user_message_id: str
    ai_message_id: str | None
    succeeded: bool
    attempts: int
    seconds: float
    """From the call to the AI service to its whole reply, as the server heard it; stored in
    milliseconds."""


async def create_patients(
    http: httpx2.AsyncClient, number: int, roles: Sequence[str] = (PATIENT,)
) -> list[Group]:
    """As many groups, each with members of these roles. The doctor who made it is not among them,
    and never connected."""

    async def invite(group: Group) -> Group:
        doctor = group.members[0]
        members = tuple(f"{doctor}_m{number}" for number in range(len(roles)))
        for member, role in zip(members, roles, strict=True):
            known = await http.get(f"/api/user/{member}", headers={"X-User-Id": member})
            known.raise_for_status()  # users are made by their first call
            answer = await http.post(
                f"/api/group/{group.group_id}/members",
                json={"user_id": member, "user_role": role},
                headers={"X-User-Id": doctor},
            )
            answer.raise_for_status()
        return Group(group.group_id, members, doctor)

    return await in_turns(invite, await create_groups(http, number))


async def said_by_patients(http: httpx2.AsyncClient, groups: Iterable[Group]) -> int:
    """How many messages of patients these groups have."""

    async def count_in(group: Group) -> int:
        messages = await _all_of(http, group, "/api/message/list", "messages")
        return sum(message["user_role"] == PATIENT for message in messages)

    return sum(await in_turns(count_in, groups))


async def silence_ai(http: httpx2.AsyncClient, groups: Iterable[Group]) -> None:
    """No reply is stored in these groups from now on."""

    async def silence(group: Group) -> None:
        answer = await http.put(
            f"/api/group/{group.group_id}/ai",
            json={"ai_mode": "off"},
            headers={"X-User-Id": group.doctor},
        )
        answer.raise_for_status()

    await in_turns(silence, groups)


async def records_of(http: httpx2.AsyncClient, groups: Iterable[Group]) -> list[Record]:
    """All that the AI was asked in these groups."""

    async def read(group: Group) -> list[Record]:
        return [*map(_record, await _all_of(http, group, "/api/ai/interactions", "records"))]

    return [record for records in await in_turns(read, groups) for record in records]


async def _all_of(
    http: httpx2.AsyncClient, group: Group, path: str, name: str
) -> list[dict[str, object]]:
    """Of a group in which nothing comes any more, page by page, as one of its members."""
    found: list[dict[str, object]] = []
    for page in count(1):
        answer = await http.get(
            path,
            params={"group_id": group.group_id, "page": page, "page_size": ON_A_PAGE},
            headers={"X-User-Id": group.members[0]},
        )
        answer.raise_for_status()
        listed = answer.json()[name]
        found += listed
        if len(listed) < ON_A_PAGE:
            break
    return found


def _record(row: dict[str, object]) -> Record:
    return Record(
        str(row["record_id"]),
        str(row["user_message_id"]),
        str(row["ai_message_id"]) if row["ai_message_id"] else None,
        row["status"] == SUCCEEDED,
        int(str(row["attempts"])),
        int(str(row["duration_ms"] or 0)) / 1000,
    )
