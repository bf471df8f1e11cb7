"""G13: replies as devices hear of them: in pieces that are the reply, and of each end."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from app.models.enums import MessageType, RecordStatus
from tests.guarantees.ai_records import AIOn, Piece, ReplyFailed, Streamed
from tests.guarantees.check_views import first_attempts
from tests.guarantees.dump import Interaction
from tests.guarantees.evidence import Evidence, Violation, broken, key_of_stored
from tests.guarantees.history import (
    Changed,
    Closed,
    Opened,
    Record,
    Seen,
    Told,
    View,
    digest,
    user_of,
)

MARGIN_S = 5.0
"""How much later than another device one that stays connected may hear of an end."""


def pieces_are_the_reply(run: Evidence) -> Iterator[Violation]:
    lines: dict[int, Listener] = {}
    lossy = any(on.by_workers for on in run.all(AIOn))
    for record in run.records:
        if isinstance(record, Opened):
            lines[record.connection] = Listener(run, record, lossy=lossy)
        number = getattr(record, "connection", None)
        if number in lines:
            yield from lines[number].take(record)


@dataclass
class Partial:
    group_id: str
    user_message_id: str
    n: int = 0
    """Of the next delta."""
    text: str = ""
    since: float = 0.0


class Listener:
    """One connection as the contract describes it: a start or a snapshot, deltas that go on from
    there, resets that begin anew, and the end, behind which nothing of it comes. `lossy`: between
    processes pieces may come ahead of a snapshot; and in a fault they may be lost, late, or those
    of a worker that has lost its lease. What does not fit is passed over until a new beginning."""

    def __init__(self, run: Evidence, opened: Opened, *, lossy: bool) -> None:
        self._lossy = lossy
        self._run = run
        self._device = opened.device
        self._partial = opened.partial
        self._groups = set(opened.heads)
        self._streams: dict[str, Partial] = {}
        self._ended: dict[str, Record] = {}
        """By question."""

    def take(self, record: Record) -> Iterator[Violation]:
        match record:
            case Told() if record.user == user_of(self._device):
                self._leave(record.group_id)
            case Streamed():
                yield from self._streamed(record)
            case ReplyFailed():
                self._ended[record.user_message_id] = record
            case Seen() if record.message_id in self._run.stored:
                yield from self._stored(record)

    def _leave(self, group_id: str) -> None:
        """Who comes back is not told what is under way there."""
        self._groups.discard(group_id)
        for stream_id in [s for s, one in self._streams.items() if one.group_id == group_id]:
            del self._streams[stream_id]

    def _streamed(self, told: Streamed) -> Iterator[Violation]:
        if not self._partial:
            yield self._broken("a piece for a connection that wanted none", told)
            return
        if told.piece in {Piece.START, Piece.SNAPSHOT}:
            self._begin(told)
            return
        found = self._streams.get(told.stream_id)
        if found is None:
            if told.group_id in self._groups and not self._lossy:
                yield self._broken("a piece of a reply whose beginning was not told", told)
            return
        excused = self._excused(found.since, told.at)
        if found.user_message_id in self._ended and not excused:
            yield self._broken("a piece of a reply behind its end", told)
        if told.piece is Piece.RESET:
            found.n, found.text = 0, ""
            return
        if (told.n, told.offset) != (found.n, len(found.text)):
            if excused:
                del self._streams[told.stream_id]
                return
            yield self._broken(f"a piece where {found.n} at {len(found.text)} comes next", told)
        found.n, found.text = told.n + 1, found.text[: told.offset] + told.text

    def _begin(self, told: Streamed) -> None:
        """A snapshot may come just behind the end, which a client then knows already."""
        question = told.user_message_id or ""
        if told.piece is Piece.START:
            self._ended.pop(question, None)
        self._streams[told.stream_id] = Partial(told.group_id, question, told.n, told.text, told.at)

    def _stored(self, seen: Seen) -> Iterator[Violation]:
        stored = self._run.stored[seen.message_id]
        if stored.msg_type != MessageType.AI_REPLY:
            return
        question = stored.reply_to or ""
        for found in self._streams.values():
            told = found.user_message_id == question and found.n > 0
            told = told and not self._excused(found.since, seen.at)
            if told and question not in self._ended and digest(found.text) != stored.digest:
                yield self._broken(f"the pieces are {found.text!r}, the reply is not", seen)
        self._ended[question] = seen

    def _excused(self, since: float, until: float) -> bool:
        return self._lossy and any(
            fault.at <= until and since <= fault.until for fault in self._run.faults
        )

    def _broken(self, what: str, record: Streamed | Seen) -> Violation:
        ids = (record.group_id, getattr(record, "stream_id", ""), self._device)
        return broken("G13", what, *filter(None, ids), by=(record,))


def failures_are_recorded(run: Evidence) -> Iterator[Violation]:
    """Nobody is told of a failure that is none."""
    records = {record.record_id: record for record in run.dump.interactions}
    for told in run.all(ReplyFailed):
        record = records.get(told.record_id)
        if record is None or (record.status, record.error_number, record.user_message_id) != (
            RecordStatus.FAILED,
            told.number,
            told.user_message_id,
        ):
            what = "told of a failure that is not recorded"
            yield broken("G9", what, told.group_id, told.record_id, told.device, by=(told, record))


def every_end_is_heard(run: Evidence) -> Iterator[Violation]:
    """By all who were connected before the question until the run was over, or until others had
    long heard it."""
    rest = min((view.at for view in run.all(View)), default=0.0)
    begun, heard, lines = first_attempts(run), _heard(run), list(_lines(run))
    for record in run.dump.interactions:
        question = run.stored.get(record.user_message_id)
        if question is None or record.status == RecordStatus.IN_PROGRESS:
            continue
        ends = heard[_end_of(record)]
        until = min([rest, *(at + MARGIN_S for at in ends.values())])
        began = begun.get(key_of_stored(question), 0.0)
        for line in lines:
            if line.hears(record.group_id, began, until) and not line.knows(ends):
                what = "connected all the time, and never told how it ended"
                ids = (record.group_id, record.record_id, line.opened.device)
                yield broken("G13", what, *ids, by=(line.opened, question, record))


def _end_of(record: Interaction) -> str:
    return record.ai_message_id or record.record_id


Ends = dict[int | str, float]
"""When it was heard, by connection, or by device where it was read by HTTP."""


def _heard(run: Evidence) -> defaultdict[str, Ends]:
    ends: defaultdict[str, Ends] = defaultdict(dict)
    for seen in run.all(Seen):
        ends[seen.message_id].setdefault(seen.connection or seen.device, seen.at)
    for failed in run.all(ReplyFailed):
        ends[failed.record_id].setdefault(failed.connection, failed.at)
    return ends


@dataclass(frozen=True, slots=True)
class Line:
    opened: Opened
    closed_at: float
    groups: frozenset[str]
    """Those that its user was in all the time."""

    def hears(self, group_id: str, since: float, until: float) -> bool:
        return group_id in self.groups and self.opened.at < since and self.closed_at > until

    def knows(self, ends: Ends) -> bool:
        return self.opened.connection in ends or self.opened.device in ends


def _lines(run: Evidence) -> Iterator[Line]:
    closed = {record.connection: record.at for record in run.all(Closed)}
    changed = {(change.group_id, change.user) for change in run.all(Changed)}
    for opened in run.all(Opened):
        user = user_of(opened.device)
        groups = frozenset(group for group in opened.heads if (group, user) not in changed)
        yield Line(opened, closed.get(opened.connection, float("inf")), groups)
