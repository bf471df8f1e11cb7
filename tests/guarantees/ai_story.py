"""A short run with the AI, written by hand, in which every promise is kept: the checker's tests
break it.

Anna asks three times. The first reply is cut off once and comes whole at the second attempt; the
second question fails; the third is answered together with one that Anna asks right behind it. Dora,
the doctor, hears it all, and comes back once in the middle of the third reply.
"""

from app.models.enums import MessageType, RecordStatus, UserRole
from tests.guarantees.ai_records import AIOn, Called, Piece, ReplyFailed, Streamed
from tests.guarantees.dump import Dump, Interaction, Stored
from tests.guarantees.history import (
    Answered,
    Applied,
    Asked,
    Attempt,
    Closed,
    Opened,
    Outcome,
    Record,
    Recovery,
    Result,
    Seen,
    Via,
    View,
    digest,
)

WARD, AI = "group_ward", "ai_assistant_001"
TEXTS = {
    1: "it hurts",
    2: "Hello Anna",
    3: "since Monday",
    4: "and a rash",
    5: "no fever",
    6: "Rest well",
}
"""By `seq`."""
REPLIES = {2: 1, 6: 4}
"""Each reply's question."""
ANNA, DORA, DORA_AGAIN = ("anna/0", 1), ("dora/0", 2), ("dora/0", 3)
"""Devices with their connections."""
Line = tuple[str, int]


def opened(at: float, line: Line, head: int, position: int) -> list[Record]:
    device, number = line
    seqs = list(range(position + 1, head + 1))
    recovery = Recovery(recovered=True, last_seq=head, seqs=seqs)
    return [
        Opened(at=at, device=device, connection=number, epoch="e", heads={WARD: head}),
        Asked(at=at, connection=number, positions={WARD: position}),
        Answered(at=at, connection=number, groups={WARD: recovery}),
        *(record for seq in seqs for record in told(at, line, seq, Via.SYNC)),
    ]


def told(at: float, line: Line, seq: int, via: Via = Via.LIVE) -> list[Record]:
    return [seen(at, line, seq, via), applied(at, line, seq)]


def seen(at: float, line: Line, seq: int, via: Via = Via.LIVE) -> Seen:
    sender = AI if seq in REPLIES else "anna"
    return Seen(
        at=at, device=line[0], connection=line[1], group_id=WARD, seq=seq, message_id=f"msg_{seq}",
        sender=sender, digest=digest(TEXTS[seq]), via=via,
    )  # fmt: skip


def applied(at: float, line: Line, seq: int) -> Applied:
    return Applied(at=at, device=line[0], group_id=WARD, seq=seq, message_id=f"msg_{seq}")


def asked(at: float, seq: int, *lines: Line) -> list[Record]:
    attempt = Attempt(
        at=at, attempt=seq, user="anna", group_id=WARD, client_msg_id=f"own-{seq}",
        digest=digest(TEXTS[seq]), way="anna/0",
    )  # fmt: skip
    stored = Outcome(at=at, attempt=seq, result=Result.OK, message_id=f"msg_{seq}", seq=seq)
    return [attempt, *(record for line in lines for record in told(at, line, seq)), stored]


def called(at: float, question: int, reply: int | None) -> Called:
    return Called(
        at=at, record_id=f"record_{question}", group_id=WARD, user_message_id=f"msg_{question}",
        manner="stream", digest=digest(TEXTS[reply]) if reply else None,
    )  # fmt: skip


def piece(
    at: float, line: Line, question: int, kind: Piece, n: int = 0, offset: int = 0, text: str = ""
) -> Streamed:
    begins = kind in {Piece.START, Piece.SNAPSHOT}
    return Streamed(
        at=at, device=line[0], connection=line[1], piece=kind, group_id=WARD,
        stream_id=f"stream_{question}", user_message_id=f"msg_{question}" if begins else None,
        n=n, offset=offset, text=text,
    )  # fmt: skip


def failed(at: float, line: Line, question: int) -> ReplyFailed:
    return ReplyFailed(
        at=at, device=line[0], connection=line[1], group_id=WARD,
        user_message_id=f"msg_{question}", record_id=f"record_{question}", number=4003,
    )  # fmt: skip


def first_reply(line: Line) -> list[Record]:
    return [
        piece(3, line, 1, Piece.START),
        piece(3, line, 1, Piece.DELTA, 0, 0, "Hell"),
        piece(3, line, 1, Piece.RESET),
        piece(4, line, 1, Piece.DELTA, 0, 0, "Hello"),
        piece(4, line, 1, Piece.DELTA, 1, 5, " Anna"),
        *told(5, line, 2),
    ]


def records() -> list[Record]:
    return [
        AIOn(at=0, max_attempts=2),
        *opened(1, ANNA, 0, 0),
        *opened(1, DORA, 0, 0),
        *asked(2, 1, ANNA, DORA),
        called(2.1, 1, None),
        called(3.5, 1, 2),
        *first_reply(ANNA),
        *first_reply(DORA),
        *asked(6, 3, ANNA, DORA),
        called(6.1, 3, None),
        failed(7, ANNA, 3),
        failed(7, DORA, 3),
        *asked(8, 4, ANNA, DORA),
        *asked(8, 5, ANNA, DORA),
        called(8.1, 4, 6),
        piece(9, ANNA, 4, Piece.START),
        piece(9, ANNA, 4, Piece.DELTA, 0, 0, "Rest"),
        Closed(at=9.1, device="dora/0", connection=2, code=None),
        *opened(9.5, DORA_AGAIN, 5, 5),
        piece(9.5, DORA_AGAIN, 4, Piece.SNAPSHOT, 1, 0, "Rest"),
        piece(10, ANNA, 4, Piece.DELTA, 1, 4, " well"),
        piece(10, DORA_AGAIN, 4, Piece.DELTA, 1, 4, " well"),
        *told(10, ANNA, 6),
        *told(10, DORA_AGAIN, 6),
        *(
            View(at=20, device=device, group_id=WARD, last_seq=6, members=["anna", "dora"])
            for device in ("anna/0", "dora/0")
        ),
    ]


def stored(seq: int) -> Stored:
    reply = seq in REPLIES
    return Stored(
        group_id=WARD, seq=seq, message_id=f"msg_{seq}", sender=AI if reply else "anna",
        client_msg_id=None if reply else f"own-{seq}", digest=digest(TEXTS[seq]),
        msg_type=MessageType.AI_REPLY if reply else MessageType.TEXT,
        user_role=UserRole.AI_ASSISTANT if reply else UserRole.PATIENT,
        reply_to=f"msg_{REPLIES[seq]}" if reply else None,
    )  # fmt: skip


def interaction(question: int, reply: int | None, attempts: int = 1) -> Interaction:
    return Interaction(
        record_id=f"record_{question}", group_id=WARD, user_message_id=f"msg_{question}",
        ai_message_id=f"msg_{reply}" if reply else None,
        status=RecordStatus.SUCCESS if reply else RecordStatus.FAILED,
        attempts=attempts, error_number=None if reply else 4003,
    )  # fmt: skip


def interactions() -> dict[int, Interaction]:
    """By question."""
    return {
        1: interaction(1, 2, attempts=2),
        3: interaction(3, None),
        4: interaction(4, 6),
        5: interaction(5, 6, attempts=0),
    }


def database() -> Dump:
    return Dump(
        messages=[stored(seq) for seq in TEXTS],
        heads={WARD: 6},
        members={WARD: ["anna", "dora"]},
        interactions=list(interactions().values()),
    )
