"""A short run written by hand, in which every promise is kept: the checker's tests break it.

Anna and Ben are members to the end; Cleo is removed after the first message. Ben loses his
connection before the second, and gets it by `sync`. The third fails once, in a fault.
"""

from tests.guarantees.dump import Dump, Stored
from tests.guarantees.history import (
    Answered,
    Applied,
    Asked,
    Attempt,
    Changed,
    Closed,
    Fault,
    Opened,
    Outcome,
    Paged,
    Record,
    Recovery,
    Result,
    Seen,
    Told,
    Via,
    View,
    digest,
)

WARD = "group_ward"
SENDERS = {1: "anna", 2: "ben", 3: "anna"}


def attempt(at: float, number: int, seq: int) -> Attempt:
    return Attempt(
        at=at, attempt=number, user=SENDERS[seq], group_id=WARD, client_msg_id=f"own-{seq}",
        digest=digest(f"text {seq}"),
        way=f"{SENDERS[seq]}/0",
    )  # fmt: skip


def ok(at: float, number: int, seq: int) -> Outcome:
    return Outcome(at=at, attempt=number, result=Result.OK, message_id=f"msg_{seq}", seq=seq)


def unknown(at: float, number: int) -> Outcome:
    return Outcome(at=at, attempt=number, result=Result.UNKNOWN)


def refused(at: float, number: int, error: int = 3001) -> Outcome:
    return Outcome(at=at, attempt=number, result=Result.REFUSED, number=error)


def seen(at: float, device: str, connection: int | None, seq: int, via: Via = Via.LIVE) -> Seen:
    return Seen(
        at=at, device=device, connection=connection, group_id=WARD, seq=seq,
        message_id=f"msg_{seq}", sender=SENDERS[seq], digest=digest(f"text {seq}"), via=via,
    )  # fmt: skip


def applied(at: float, device: str, seq: int) -> Applied:
    return Applied(at=at, device=device, group_id=WARD, seq=seq, message_id=f"msg_{seq}")


def connected(at: float, device: str, connection: int, head: int, position: int) -> list[Record]:
    """And synced, where anything was missed."""
    seqs = list(range(position + 1, head + 1))
    recovery = Recovery(recovered=True, last_seq=head, seqs=seqs)
    return [
        Opened(at=at, device=device, connection=connection, epoch="e", heads={WARD: head}),
        Asked(at=at, connection=connection, positions={WARD: position}),
        Answered(at=at, connection=connection, groups={WARD: recovery}),
        *(seen(at, device, connection, seq, Via.SYNC) for seq in seqs),
        *(applied(at, device, seq) for seq in seqs),
    ]


def delivered(at: float, device: str, connection: int, seq: int) -> list[Record]:
    return [seen(at, device, connection, seq), applied(at, device, seq)]


def view(device: str, members: tuple[str, ...] = ("anna", "ben")) -> View:
    return View(at=20, device=device, group_id=WARD, last_seq=3, members=list(members))


def removal(at: float, done: float) -> Changed:
    return Changed(at=at, done=done, group_id=WARD, user="cleo", joined=False, result=Result.OK)


def records() -> list[Record]:
    return [
        *connected(1, "anna/0", 1, 0, 0),
        *connected(1, "ben/0", 2, 0, 0),
        *connected(1, "cleo/0", 3, 0, 0),
        attempt(2, 1, 1),
        *delivered(2.1, "anna/0", 1, 1),
        *delivered(2.1, "ben/0", 2, 1),
        *delivered(2.1, "cleo/0", 3, 1),
        ok(2.1, 1, 1),
        Told(at=3.1, device="cleo/0", connection=3, group_id=WARD, user="cleo", joined=False),
        removal(3, 3.2),
        Fault(at=4, until=6, name="cut"),
        Closed(at=4.1, device="ben/0", connection=2, code=None),
        attempt(5, 2, 2),
        *delivered(5.1, "anna/0", 1, 2),
        ok(5.1, 2, 2),
        attempt(5.2, 3, 3),
        unknown(5.3, 3),
        *connected(6, "ben/0", 4, 2, 1),
        attempt(7, 4, 3),
        *delivered(7.1, "anna/0", 1, 3),
        *delivered(7.1, "ben/0", 4, 3),
        ok(7.1, 4, 3),
        Paged(at=8, device="ben/0", group_id=WARD, after_seq=1, limit=2, total=3, seqs=[2, 3]),
        view("anna/0"),
        view("ben/0"),
    ]


def stored(seq: int) -> Stored:
    return Stored(
        group_id=WARD, seq=seq, message_id=f"msg_{seq}", sender=SENDERS[seq],
        client_msg_id=f"own-{seq}", digest=digest(f"text {seq}"),
    )  # fmt: skip


def database() -> Dump:
    return Dump(
        messages=[stored(seq) for seq in SENDERS],
        heads={WARD: 3},
        members={WARD: ["anna", "ben"]},
    )
