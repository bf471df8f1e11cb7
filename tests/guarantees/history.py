"""What everybody did and saw in one run, written down as it happened.

Times are seconds since the run began, by one clock for all. A device is named `user/number`.
"""

import hashlib
import time
from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

import msgspec


class Result(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Via(StrEnum):
    """How a message reached a device. ANSWER: to one's own send, outside of the group's order."""

    LIVE = "live"
    SYNC = "sync"
    PAGE = "page"
    ANSWER = "answer"


class Record(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    at: float


class Attempt(Record, frozen=True, kw_only=True):
    """One try to send one message; several tries share a client_msg_id."""

    attempt: int
    user: str
    group_id: str
    client_msg_id: str
    digest: str
    way: str


class Outcome(Record, frozen=True, kw_only=True):
    """The one end of an attempt. `number`, `retryable`: of the refusal."""

    attempt: int
    result: Result
    number: int | None = None
    retryable: bool = False
    message_id: str | None = None
    seq: int | None = None


class Opened(Record, frozen=True, kw_only=True):
    device: str
    connection: int
    epoch: str
    heads: dict[str, int]
    partial: bool = True
    """Wants to hear of replies under way."""


class Closed(Record, frozen=True, kw_only=True):
    """`code`: the server's, or None where it said nothing."""

    device: str
    connection: int
    code: int | None


class Reconnected(Record, frozen=True, kw_only=True):
    """By a client whose connections are its own affair."""

    device: str


class Asked(Record, frozen=True, kw_only=True):
    """A `sync` with these positions."""

    connection: int
    positions: dict[str, int]


class Excluded(Record, frozen=True, kw_only=True):
    """A group that a `sync` asked for and the server refused."""

    connection: int
    group_id: str
    number: int


class Unanswered(Record, frozen=True, kw_only=True):
    """A whole `sync` was refused: nothing follows it."""

    connection: int
    number: int


class Recovery(msgspec.Struct, frozen=True):
    recovered: bool
    last_seq: int
    seqs: list[int]


class Answered(Record, frozen=True, kw_only=True):
    """A `sync_result`."""

    connection: int
    groups: dict[str, Recovery]


class Paged(Record, frozen=True, kw_only=True):
    """One page by `after_seq`."""

    device: str
    group_id: str
    after_seq: int
    limit: int
    total: int
    seqs: list[int]


class Seen(Record, frozen=True, kw_only=True):
    """A message with its `seq` reached a device. `connection` is None for what came by HTTP."""

    device: str
    connection: int | None
    group_id: str
    seq: int
    message_id: str
    sender: str
    digest: str
    via: Via


class Applied(Record, frozen=True, kw_only=True):
    """The device took the message into its view, as the one after its last."""

    device: str
    group_id: str
    seq: int
    message_id: str


class Gap(Record, frozen=True, kw_only=True):
    """The device was given a message that it could not take: some before it are missing."""

    device: str
    group_id: str
    last: int
    seq: int


class Told(Record, frozen=True, kw_only=True):
    """A `member_added` or `member_removed` about this user."""

    device: str
    connection: int
    group_id: str
    user: str
    joined: bool


class Changed(Record, frozen=True, kw_only=True):
    """A change of members over HTTP, from the call (`at`) to its answer (`done`)."""

    done: float
    group_id: str
    user: str
    joined: bool
    result: Result
    number: int | None = None


class Fault(Record, frozen=True, kw_only=True):
    """On from `at` to `until`, aftermath included."""

    until: float
    name: str
    detail: str = ""


class View(Record, frozen=True, kw_only=True):
    """What a device holds of a group when all is quiet. `members` None: it does not keep them."""

    device: str
    group_id: str
    last_seq: int
    members: list[str] | None


class Deaf(Record, frozen=True, kw_only=True):
    """A client that never reads, looked at when the run ends. `code`: what it was closed with,
    None where it was just dropped."""

    user: str
    given_up: bool
    code: int | None


class Memory(Record, frozen=True, kw_only=True):
    """The server's resident set, in KiB, and by how much it may grow in this run."""

    resident: int
    may_grow: int


Anything = (
    Attempt
    | Outcome
    | Opened
    | Closed
    | Reconnected
    | Asked
    | Excluded
    | Unanswered
    | Answered
    | Paged
    | Seen
    | Applied
    | Gap
    | Told
    | Changed
    | Fault
    | View
    | Deaf
    | Memory
)
R = TypeVar("R", bound=Record)


class History:
    def __init__(self) -> None:
        self._start = time.monotonic()
        self.records: list[Record] = []
        self._attempts = 0
        self._connections = 0

    def now(self) -> float:
        return time.monotonic() - self._start

    def write(self, record: Record) -> None:
        self.records.append(record)

    def new_attempt(self) -> int:
        self._attempts += 1
        return self._attempts

    def new_connection(self) -> int:
        self._connections += 1
        return self._connections


def of_kind(records: list[Record], kind: type[R]) -> Iterator[R]:
    return (record for record in records if isinstance(record, kind))


def user_of(device: str) -> str:
    return device.rpartition("/")[0]


def digest(content: str) -> str:
    """Stands for the text: histories stay small, and one changed character shows."""
    return hashlib.blake2b(content.encode("utf-8"), digest_size=8).hexdigest()
