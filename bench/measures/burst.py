"""The measurement of `im bench burst`: everybody asks the AI in the same moment."""

import asyncio
import contextlib
from dataclasses import dataclass

from bench.ai_stage import Simulated
from bench.clients.patient import Patient
from bench.clients.reply import Reply
from bench.clients.tally import Tally
from bench.clients.user import Place, clock
from bench.groups import client
from bench.load import connected
from bench.patients import create_patients, records_of
from bench.service import Service
from bench.usage import Usage


@dataclass(frozen=True, slots=True)
class Plan:
    users: int
    ai: Simulated
    patience: float
    size: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`seconds` from the first send to the last reply."""

    replies: list[Reply]
    seconds: float
    usage: Usage
    records: int
    faults: list[str]


async def measure(service: Service, plan: Plan) -> Outcome:
    """Raises BenchError."""
    tally, replies, content = Tally(sending=True), list[Reply](), b"x" * plan.size
    async with client(service.target.url) as http:
        groups = await create_patients(http, plan.users)
        places = [
            Place(*service.target.address, g.members[0], g.group_id, content, 0) for g in groups
        ]
        async with connected(Patient(place, tally, replies) for place in places) as users:
            used, start = service.usage(), clock()
            for user in users:
                user.send(1)
            tally.stop_sending()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(tally.over.wait(), plan.patience)
            seconds, spent = clock() - start, service.usage().since(used)
        records = len(await records_of(http, groups))
    return Outcome(replies, seconds, spent, records, _faults(tally, plan, records))


def _faults(tally: Tally, plan: Plan, records: int) -> list[str]:
    found = {
        f"{tally.in_flight} messages were never answered": tally.in_flight > 0,
        f"{tally.unexpected} messages or replies came twice or unasked": tally.unexpected > 0,
        f"errors: {dict(tally.errors)}": bool(tally.errors),
        f"{records} records of {plan.users} messages": records != plan.users,
    }
    return [fault for fault, wrong in found.items() if wrong]
