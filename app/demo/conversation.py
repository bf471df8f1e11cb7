"""The demo's conversation, over the wire like any client's, each step checked and timed."""

import asyncio
import time
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from app.demo.programs import DemoError
from app.demo.scenes import DOCTOR, PATIENT, Scene
from im_client import AiReply, AiReplyFailed, Event, Group, IMClient, MessageSent

STEP_TIMEOUT_S = 40.0
SILENCE_S = 1.5
"""How long the AI is given to speak where it should not. It answers the patient within a tenth."""
NAMES = {PATIENT: "[green]zhang_san (patient)[/]", DOCTOR: "[cyan]dr_li (doctor)[/]"}

Told = TypeVar("Told", MessageSent, AiReply)


class Conversation:
    """Raises DemoError at the first step that does not really happen."""

    def __init__(self, url: str, scene: Scene, console: Console) -> None:
        self._url = url
        self._scene = scene
        self._console = console

    async def play(self) -> str:
        """The group's id."""
        async with IMClient(self._url, PATIENT) as patient, IMClient(self._url, DOCTOR) as doctor:
            group, messages_so_far = await self._find_or_create_group(patient, doctor)
            asks, answers = self._scene.exchange(messages_so_far)
            await patient.connect()
            await doctor.connect()
            await self._patient_asks(group, asks, patient, doctor)
            await self._doctor_writes(group, answers, patient, doctor)
        return group

    async def _find_or_create_group(self, patient: IMClient, doctor: IMClient) -> tuple[str, int]:
        """The group's id, and how many messages it has."""
        await patient.groups()  # a first call makes a user known
        for group in await doctor.groups():
            if group.group_name == self._scene.group_name:
                await self._tell_earlier(group, doctor)
                return group.group_id, group.last_seq
        group = await doctor.create_group(self._scene.group_name)
        await doctor.add_member(group.group_id, PATIENT, "PATIENT")
        self._say(f"A new group: [bold]{group.group_id}[/]")
        return group.group_id, 0

    async def _tell_earlier(self, group: Group, doctor: IMClient) -> None:
        self._say(f"The earlier conversation is here: {group.last_seq} messages. Its last ones:")
        for message in await doctor.history(group.group_id, limit=3):
            text = message.msg_content.replace("\n", " ")
            self._say(f"  [dim]{message.seq}. {message.from_user_id}: {escape(text[:100])}[/]")

    async def _patient_asks(
        self, group: str, text: str, patient: IMClient, doctor: IMClient
    ) -> None:
        began = time.monotonic()
        sent = await patient.send(group, text)
        self._line(PATIENT, sent.content)
        self._timed("committed, and acknowledged to zhang_san", began)
        await self._next(doctor, MessageSent, sent.seq)
        self._timed("received by dr_li", began)
        replies = await asyncio.gather(
            self._next(patient, AiReply, sent.seq + 1), self._next(doctor, AiReply, sent.seq + 1)
        )
        total_ms = _since(began)
        self._line("[magenta]AI assistant[/]", replies[0].content)
        self._timed("stored, and received by zhang_san and dr_li", began)
        await self._check_stored(group, doctor, sent, replies[0], total_ms)

    async def _check_stored(
        self, group: str, doctor: IMClient, sent: MessageSent, reply: AiReply, total_ms: float
    ) -> None:
        stored = {message.message_id for message in await doctor.history(group, limit=20)}
        if not {sent.message_id, reply.message_id} <= stored:
            raise DemoError("the conversation is not in the group's history")
        record = (await doctor.interactions(group, limit=1))[0]
        if record.ai_message_id != reply.message_id or record.duration_ms is None:
            raise DemoError("the interaction is not recorded")
        own_ms = total_ms - record.duration_ms
        self._say(
            f"    [bold]first message to last: {total_ms:.0f} ms[/], of which the AI service took "
            f"{record.duration_ms} ms and this service [bold]{own_ms:.0f} ms[/]"
        )

    async def _doctor_writes(
        self, group: str, text: str, patient: IMClient, doctor: IMClient
    ) -> None:
        began = time.monotonic()
        sent = await doctor.send(group, text)
        self._line(DOCTOR, sent.content)
        self._timed("committed, and acknowledged to dr_li", began)
        await self._next(patient, MessageSent, sent.seq)
        self._timed("received by zhang_san", began)
        await asyncio.sleep(SILENCE_S)
        if (await doctor.history(group, limit=1))[-1].message_id != sent.message_id:
            raise DemoError("somebody spoke after the doctor, who should have had the last word")
        self._say(f"    the AI stays silent ({SILENCE_S:g} s later still)")

    async def _next(self, client: IMClient, kind: type[Told], seq: int) -> Told:
        try:
            async with asyncio.timeout(STEP_TIMEOUT_S):
                async for event in client.events():
                    if isinstance(event, kind) and event.seq == seq:
                        return event
                    _check(event)
        except TimeoutError:
            pass
        raise DemoError(f"message {seq} did not arrive as {kind.__name__}")

    def _line(self, who: str, text: str) -> None:
        self._say(f"\n[bold]{NAMES.get(who, who)}[/]: {escape(text)}")

    def _timed(self, what: str, began: float) -> None:
        self._say(f"    {what} after {_since(began):.0f} ms")

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False)


def _check(event: Event) -> None:
    if isinstance(event, AiReplyFailed):
        raise DemoError(f"the AI did not answer: {event.code}: {event.message}")


def _since(began: float) -> float:
    return (time.monotonic() - began) * 1000
