"""The measurement of `im bench history`: reads at both ends of a group with a long past."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

from bench.groups import Group
from bench.problems import BenchError
from bench.program import Target

PAGE_SIZE = 100
WARM_UP_READS = 20
OK = 200


@dataclass(frozen=True, slots=True)
class Plan:
    messages: int
    reads: int
    size: int

    @property
    def last_page(self) -> int:
        return self.messages // PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Read:
    """One question, and the `seq`s that the answer must have, in this order."""

    query: Mapping[str, int]
    seqs: range


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds of each read, by the read's name."""

    latencies: dict[str, list[float]]
    faults: set[str] = field(default_factory=set)


def reads(plan: Plan) -> dict[str, Read]:
    """Shallow and deep, each pair the same question at both ends."""
    total, last = plan.messages, plan.last_page
    newest, oldest = range(total, total - PAGE_SIZE, -1), range(PAGE_SIZE, 0, -1)
    page, limit = {"page_size": PAGE_SIZE}, {"limit": PAGE_SIZE}
    return {
        "page 1": Read({"page": 1, **page}, newest),
        f"page {last:,}": Read({"page": last, **page}, oldest),
        "before_seq at the newest end": Read({"before_seq": total + 1, **limit}, newest),
        "before_seq at the oldest end": Read({"before_seq": PAGE_SIZE + 1, **limit}, oldest),
        "after_seq at the newest end": Read(
            {"after_seq": total - PAGE_SIZE, **limit}, newest[::-1]
        ),
        "after_seq at the oldest end": Read({"after_seq": 0, **limit}, oldest[::-1]),
    }


def measure(target: Target, group: Group, plan: Plan) -> Outcome:
    """The reads take turns, in an order of chance, so that all meet the same machine. Raises
    BenchError."""
    asked = reads(plan)
    outcome = Outcome({name: [] for name in asked})
    with _connection(target) as connection:
        for turn in range(WARM_UP_READS + plan.reads):
            for name in random.sample(list(asked), len(asked)):
                seconds, seqs = _read(connection, group, asked[name])
                if turn >= WARM_UP_READS:
                    outcome.latencies[name].append(seconds)
                if seqs != list(asked[name].seqs):
                    outcome.faults.add(f"{name} did not have the messages it should have")
    return outcome


def _read(connection: HTTPConnection, group: Group, read: Read) -> tuple[float, list[int]]:
    query = urlencode({"group_id": group.group_id, **read.query})
    start = time.perf_counter()
    connection.request("GET", f"/api/message/list?{query}", headers={"X-User-Id": group.members[0]})
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - start
    if answer.status != OK:
        raise BenchError(f"/api/message/list?{query} failed with HTTP {answer.status}: {body!r}")
    return seconds, [message["seq"] for message in json.loads(body)["messages"]]


@contextmanager
def _connection(target: Target) -> Iterator[HTTPConnection]:
    """Blocking and kept alive: nothing but the read is in its time."""
    with closing(HTTPConnection(*target.address, timeout=60)) as connection:
        try:
            yield connection
        except (HTTPException, OSError) as error:
            target.check_alive()
            raise BenchError(f"The service failed: {error!r}") from error
