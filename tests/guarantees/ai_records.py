"""What a run with the AI layer writes down beside `history`."""

from enum import StrEnum

from tests.guarantees.history import Record


class AIOn(Record, frozen=True, kw_only=True):
    """From here on each patient's message is for the AI, and it is called so many times for each at
    most."""

    max_attempts: int
    by_workers: bool = False
    """Replies are made elsewhere, and come over a bus that may lose some of their pieces."""


class Called(Record, frozen=True, kw_only=True):
    """A call of the AI service, as the service saw it. `digest`: of the reply that it gives, None
    where its answer is none. `manner`: how it answers."""

    record_id: str
    group_id: str
    user_message_id: str
    manner: str
    digest: str | None = None


class Piece(StrEnum):
    START = "ai_reply_start"
    DELTA = "ai_reply_delta"
    RESET = "ai_reply_reset"
    SNAPSHOT = "ai_reply_snapshot"


class Streamed(Record, frozen=True, kw_only=True):
    """A frame of a reply under way reached a device. `user_message_id`: of starts and snapshots."""

    device: str
    connection: int
    piece: Piece
    group_id: str
    stream_id: str
    user_message_id: str | None = None
    n: int = 0
    offset: int = 0
    text: str = ""


class ReplyFailed(Record, frozen=True, kw_only=True):
    """An `ai_reply_failed` reached a device."""

    device: str
    connection: int
    group_id: str
    user_message_id: str
    record_id: str
    number: int


class Died(Record, frozen=True, kw_only=True):
    """The program has ended itself at this point."""

    point: str


AIRecord = AIOn | Called | Streamed | ReplyFailed | Died
