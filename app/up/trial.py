"""One conversation through the front door, heard on every instance."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

from app.up.problems import UpError
from im_client import AiReply, AiReplyFailed, IMClient, MessageSent

PATIENT, DOCTOR = "zhang_san", "dr_li"
GROUP_NAME = "im up: Zhang San, Dr. Li and the AI"
PATIENCE_S = 40.0
QUESTION = "Hello, I have had a fever and a headache since yesterday."

Told = TypeVar("Told", MessageSent, AiReply)


async def converse(front: str, instances: Sequence[str]) -> list[str]:
    """The patient writes at `front`; the doctor listens at each of `instances`. Gives what
    happened, in lines. Raises UpError where it does not, and IMClientError where nobody answers."""
    async with AsyncExitStack() as stack:
        patient = await stack.enter_async_context(IMClient(front, PATIENT))
        desks = [await stack.enter_async_context(IMClient(url, DOCTOR)) for url in instances]
        group = await find_or_open_group(front)
        for client in (patient, *desks):
            await client.connect()
        began = time.monotonic()
        sent = await patient.send(group, QUESTION)
        lines = [f"{PATIENT}, through {front}: stored as {sent.seq} after {_ms(began)}"]
        for url, desk in zip(instances, desks, strict=True):
            await _heard(desk, url, MessageSent, sent.seq)
            reply = await _heard(desk, url, AiReply, sent.seq + 1)
            lines.append(f"{DOCTOR}, at {url}: heard both, the AI's reply after {_ms(began)}")
    return [*lines, f"AI assistant: {' '.join(reply.content.split())}"]


async def find_or_open_group(url: str) -> str:
    async with IMClient(url, PATIENT) as patient, IMClient(url, DOCTOR) as doctor:
        await patient.groups()  # a first call makes a user known
        for group in await doctor.groups():
            if group.group_name == GROUP_NAME:
                return group.group_id
        made = await doctor.create_group(GROUP_NAME)
        await doctor.add_member(made.group_id, PATIENT, "PATIENT")
        return made.group_id


async def _heard(client: IMClient, url: str, kind: type[Told], seq: int) -> Told:
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for event in client.events():
                if isinstance(event, kind) and event.seq == seq:
                    return event
                if isinstance(event, AiReplyFailed):
                    raise UpError(f"the AI did not answer: {event.code}: {event.message}")
    except TimeoutError:
        pass
    raise UpError(f"{url} did not tell its member of message {seq} ({kind.__name__})")


def _ms(began: float) -> str:
    return f"{(time.monotonic() - began) * 1000:.0f} ms"
