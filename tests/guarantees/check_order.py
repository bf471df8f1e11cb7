"""G4, G5, G6, G7: numbers without gap, and everybody told of them in their order, once."""

from collections import deque
from collections.abc import Iterator

from tests.guarantees.evidence import Evidence, Violation, broken
from tests.guarantees.history import (
    Answered,
    Asked,
    Excluded,
    Gap,
    Opened,
    Paged,
    Record,
    Seen,
    Told,
    Unanswered,
    Via,
    user_of,
)


def numbers_have_no_gap(run: Evidence) -> Iterator[Violation]:
    for group_id, messages in run.by_group.items():
        seqs = [message.seq for message in messages]
        if seqs != list(range(1, len(seqs) + 1)):
            holes = sorted(set(range(1, max(seqs) + 1)) - set(seqs))[:5]
            yield broken("G4", f"seqs are not 1…n; missing {holes}", group_id, by=messages[-1:])
        head = run.dump.heads.get(group_id)
        if head != (seqs[-1] if seqs else 0):
            yield broken("G4", f"last_seq is {head}, the last message's seq is not", group_id)


def all_see_one_order(run: Evidence) -> Iterator[Violation]:
    first: dict[tuple[str, int], Seen] = {}
    for seen in run.all(Seen):
        other = first.setdefault((seen.group_id, seen.seq), seen)
        if other.message_id != seen.message_id:
            what = "two messages seen at one place in the order"
            yield broken("G5", what, other.message_id, seen.message_id, by=(other, seen))
    for message in run.dump.messages:
        shown = first.get((message.group_id, message.seq))
        if shown is not None and shown.message_id != message.message_id:
            what = "seen at another place than stored"
            yield broken("G5", what, message.message_id, by=(message, shown))


def connections_keep_the_order(run: Evidence) -> Iterator[Violation]:
    lines: dict[int, Line] = {}
    for record in run.records:
        if isinstance(record, Opened):
            lines[record.connection] = Line(record)
        number = getattr(record, "connection", None)
        if number in lines:
            yield from lines[number].take(record)


class Line:
    """One connection as the contract describes it: `connected` tells each group's head, every
    later message follows in order; a `sync_result` moves the place from which they follow."""

    def __init__(self, opened: Opened) -> None:
        self._user = user_of(opened.device)
        self._next: dict[str, int | None] = {g: head + 1 for g, head in opened.heads.items()}
        """None: joined while connected, so any number may be the first."""
        self._asked: deque[dict[str, int]] = deque()
        self._excluded: set[str] = set()
        self._live: dict[tuple[str, int], Seen] = {}
        self._latest: dict[str, Seen] = {}

    def take(self, record: Record) -> Iterator[Violation]:
        match record:
            case Told() if record.user == self._user:
                self._told(record)
            case Asked():
                self._asked.append(record.positions)
            case Excluded():
                self._excluded.add(record.group_id)
            case Unanswered() if self._asked:
                self._asked.popleft()
                self._excluded.clear()
            case Answered():
                yield from self._answered(record)
            case Seen(via=Via.LIVE):
                yield from self._delivered(record)

    def _told(self, told: Told) -> None:
        if not told.joined:
            self._next.pop(told.group_id, None)
        else:
            self._next.setdefault(told.group_id, None)

    def _answered(self, answer: Answered) -> Iterator[Violation]:
        if not self._asked:
            yield broken("G6", "a sync_result that nobody asked for", by=(answer,))
            return
        asked = self._asked.popleft()
        if set(asked) - self._excluded != set(answer.groups):
            what = "a sync_result with other groups than were asked for and not refused"
            yield broken("G6", what, *sorted(set(asked) ^ set(answer.groups)), by=(answer,))
        self._excluded.clear()
        for group_id in asked.keys() & answer.groups.keys():
            yield from self._recovered(answer, group_id, asked[group_id])

    def _recovered(self, answer: Answered, group_id: str, position: int) -> Iterator[Violation]:
        recovery = answer.groups[group_id]
        whole = list(range(position + 1, recovery.last_seq + 1))
        if recovery.recovered and recovery.seqs != whole:
            what = f"recovered:true is not whole: {position} + {recovery.seqs}"
            yield broken("G6", what, group_id, by=(answer,))
        if group_id in self._next:
            self._next[group_id] = max(self._next[group_id] or 0, recovery.last_seq + 1)

    def _delivered(self, seen: Seen) -> Iterator[Violation]:
        group_id, ids = seen.group_id, (seen.group_id, seen.message_id, seen.device)
        before = self._live.get((group_id, seen.seq), self._latest.get(group_id))
        evidence = tuple(filter(None, (before, seen)))
        if group_id not in self._next:
            what = "delivered on a connection that was told it is not in the group"
            yield broken("G11", what, *ids, by=evidence)
            return
        expected = self._next[group_id] or seen.seq
        if seen.seq > expected:
            yield broken("G6", f"live {seen.seq} where {expected} comes next", *ids, by=evidence)
        elif (group_id, seen.seq) in self._live:
            yield broken("G7", f"live {seen.seq} again", *ids, by=evidence)
        elif seen.seq < expected:
            yield broken("G5", f"live {seen.seq} where {expected} comes next", *ids, by=evidence)
        self._next[group_id] = max(expected, seen.seq + 1)
        self._live[group_id, seen.seq] = self._latest[group_id] = seen


def pages_are_whole(run: Evidence) -> Iterator[Violation]:
    for page in run.all(Paged):
        last = min(page.after_seq + page.limit, page.total)
        if page.seqs != list(range(page.after_seq + 1, last + 1)):
            yield broken("G6", "a page by after_seq is not whole", page.group_id, by=(page,))


def devices_find_no_gap(run: Evidence) -> Iterator[Violation]:
    for gap in run.all(Gap):
        what = f"{gap.seq} came as if it followed {gap.last}"
        yield broken("G6", what, gap.group_id, gap.device, by=(gap,))


def views_grow_by_one(run: Evidence) -> Iterator[Violation]:
    for (device, group_id), applied in run.applied.items():
        last = 0
        for record in applied:
            if record.seq > last + 1:
                what = f"applied {record.seq} after {last}"
                yield broken("G6", what, group_id, device, by=(record,))
            elif record.seq <= last:
                what = f"applied {record.seq} again"
                yield broken("G7", what, group_id, record.message_id, device, by=(record,))
            last = max(last, record.seq)
