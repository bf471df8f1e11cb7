"""`make rolling`: instances are restarted one after the other, under load, behind nginx.

ROLLING_ROUNDS (3) restarts of every instance; ROLLING_PEOPLE (40) who write; ROLLING_WORKERS (0).
Ends with 1 where an acknowledged message is missing or twice in the database, where a message's end
never became known, or where a member did not hear every message once and in order.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

from app.up.folder import DataFolder
from app.up.picture import Picture
from app.up.plan import Plan
from tests.guarantees.rolling_crowd import PATIENCE_S, Ledger, Member, crowd
from tests.support.open_folder import open_folder

BREATH_S = 1.0
"""Between two restarts; clients come back within it, or later."""
Stored = list[tuple[str, str, str, int]]
"""client_msg_id, message_id, group_id, seq."""


@dataclass(frozen=True, slots=True)
class Outcome:
    restarts: int
    exit_codes: set[int | None]
    ledger: Ledger
    stored: Stored
    groups: dict[str, list[str]]
    """The people in each."""

    def faults(self) -> list[str]:
        times = Counter(row[0] for row in self.stored)
        message_ids = {row[0]: row[1] for row in self.stored}
        acknowledged = self.ledger.acknowledged
        return [
            *(f"lost: {name}" for name in acknowledged if not times[name]),
            *(f"twice: {name}" for name, count in times.items() if count > 1),
            *(
                f"another id: {name}"
                for name, told in acknowledged.items()
                if message_ids.get(name, told) != told
            ),
            *(f"unanswered: {name}" for name in self.ledger.unanswered),
            *(f"refused: {name}" for name in self.ledger.refused),
            *(f"ended with {code}" for code in self.exit_codes if code != 0),
            *self._unheard(),
        ]

    def _unheard(self) -> Iterator[str]:
        """Who did not hear each message of their group once and in order."""
        for group, people in self.groups.items():
            numbers = sorted(seq for *_, stored_in, seq in self.stored if stored_in == group)
            if numbers != list(range(1, len(numbers) + 1)):
                yield f"{group} is numbered {numbers}"
            for user in people:
                heard = self.ledger.heard[user, group]
                if heard != numbers:
                    missing = sorted(set(numbers) - set(heard))
                    yield f"{user} heard {len(heard)} of {len(numbers)}, missing {missing}"

    def summary(self) -> str:
        told = self.ledger
        return (
            f"{self.restarts} restarts, {len(told.acknowledged)} messages acknowledged, "
            f"{len(self.stored)} stored, {sum(map(len, told.heard.values()))} deliveries; "
            f"{told.again} HTTP sends repeated, slowest acknowledgement {told.slowest_s:.2f} s; "
            f"{len(told.unanswered)} unanswered, {len(self.faults())} faults"
        )


async def roll(picture: Picture, rounds: int, people: int, say: Callable[[str], None]) -> Outcome:
    ledger, codes = Ledger(), set[int | None]()
    async with crowd(picture.url, people, ledger) as members:
        over = asyncio.Event()
        talks = [asyncio.create_task(member.talk(over)) for member in members]
        await asyncio.sleep(BREATH_S)
        for name in picture.plan.instances * rounds:
            began = time.monotonic()
            codes.add(await asyncio.to_thread(picture.terminate, name))
            await asyncio.to_thread(picture.begin, name)
            took, known = time.monotonic() - began, len(ledger.acknowledged)
            say(f"{name}: restarted in {took:.1f} s; {known} acknowledged so far")
            await asyncio.sleep(BREATH_S)
        over.set()
        await asyncio.gather(*talks)
        stored = await asyncio.to_thread(messages_in, picture.env["DATABASE_URL"])
        await all_heard(members, ledger, stored)
    groups = {m.group_id: [o.user for o in members if o.group_id == m.group_id] for m in members}
    return Outcome(len(picture.plan.instances) * rounds, codes, ledger, stored, groups)


async def all_heard(members: list[Member], ledger: Ledger, stored: Stored) -> None:
    """Or it takes too long, which will show."""
    numbers = Counter(group for *_, group, _ in stored)
    deadline = time.monotonic() + PATIENCE_S / 2
    while time.monotonic() < deadline:
        if all(len(ledger.heard[m.user, m.group_id]) >= numbers[m.group_id] for m in members):
            return
        await asyncio.sleep(0.1)


def messages_in(url: str) -> Stored:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT client_msg_id, message_id, group_id, seq FROM messages")
        return rows.fetchall()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command


def main() -> int:
    rounds = int(os.environ.get("ROLLING_ROUNDS", "3"))
    people = int(os.environ.get("ROLLING_PEOPLE", "40"))
    workers = int(os.environ.get("ROLLING_WORKERS", "0"))
    with open_folder() as folder:
        plan = Plan(workers=workers, port=None)
        if plan.nginx is None:
            _say("rolling: nginx is not installed (Debian: apt-get install nginx)")
            return 1
        with Picture(DataFolder(folder), plan) as picture:
            picture.start()
            outcome = asyncio.run(roll(picture, rounds, people, _say))
    _say(outcome.summary())
    for fault in outcome.faults()[:20]:
        _say(fault[:300])
    return 1 if outcome.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
