"""The order of a group's frames, without a loop: a hole stays open until the test fills it."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from app.bus.frames import GroupFrame
from app.websocket.channel import FILL_LIMIT, Channel
from app.websocket.connection import Connection

GROUP = "group_1"


class Recorder(Connection):
    """A connection whose frames stay where they can be seen."""

    def __init__(self, user_id: str = "pat") -> None:
        super().__init__("conn", user_id, _NoSocket(), 1 << 30)
        self.heard: list[str] = []

    def push(self, text: str) -> bool:
        self.heard.append(text)
        return True


class _NoSocket:
    async def send_text(self, data: str) -> None:
        await asyncio.sleep(0)


@dataclass
class Hole:
    channel: Channel
    after: int
    before: int

    def fill(self, stored: int) -> None:
        """As the database would, where messages up to `stored` are stored."""
        self.channel.filled(frames_between(self.after, min(self.before, stored + 1)))


@dataclass
class Group:
    last_seq: int = 0
    holes: list[Hole] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.channel = Channel(GROUP, self.last_seq, self._open)

    def _open(self, channel: Channel, after: int, before: int) -> None:
        assert after + 1 < before, "nothing is missing there"
        self.holes.append(Hole(channel, after, before))

    def join(self, head: int | None = None, user_id: str = "pat") -> Recorder:
        connection = Recorder(user_id)
        self.channel.enter(connection, self.channel.last_seq if head is None else head)
        return connection

    def deliver(self, *seqs: int) -> None:
        for seq in seqs:
            self.channel.deliver(frame(seq))

    def fill_all(self, stored: int) -> None:
        while self.holes:
            self.holes.pop(0).fill(stored)


def frame(seq: int) -> GroupFrame:
    return GroupFrame(group_id=GROUP, seq=seq, text=str(seq))


def frames_between(after: int, before: int) -> list[GroupFrame]:
    return [frame(seq) for seq in range(after + 1, before)]


def numbers(first: int, last: int) -> list[str]:
    return [str(seq) for seq in range(first, last + 1)]


def test_in_order() -> None:
    """Frames that come as they should go out at once, and nothing is fetched."""
    group = Group(last_seq=4)
    member = group.join()
    group.deliver(5, 6, 7)
    assert member.heard == numbers(5, 7)
    assert group.holes == []


def test_repeats_are_dropped() -> None:
    """A frame that comes twice, or belongs to the time before, is heard once or never."""
    group = Group(last_seq=4)
    member = group.join()
    group.deliver(3, 5, 4, 5, 6, 6, 5)
    assert member.heard == numbers(5, 6)


def test_lost_frame_is_fetched() -> None:
    """A frame after a hole waits until the hole is filled, and one fetch fills it."""
    group = Group()
    member = group.join()
    group.deliver(1, 5)
    assert member.heard == numbers(1, 1)
    (hole,) = group.holes
    assert (hole.after, hole.before) == (1, 5)
    group.fill_all(stored=5)
    assert member.heard == numbers(1, 5)


def test_frames_that_come_while_a_hole_is_open() -> None:
    """They wait too, and ask for no second fetch."""
    group = Group()
    member = group.join()
    group.deliver(3, 4, 5)
    assert len(group.holes) == 1
    group.fill_all(stored=5)
    assert member.heard == numbers(1, 5)


def test_late_frame_closes_the_hole() -> None:
    """A frame that was only late lets the waiting ones go; the fetch then brings nothing new."""
    group = Group()
    member = group.join()
    group.deliver(3, 2, 1)
    assert member.heard == numbers(1, 3)
    group.fill_all(stored=3)
    group.deliver(4, 6)
    group.fill_all(stored=6)
    assert member.heard == numbers(1, 6)


def test_second_hole_behind_the_first() -> None:
    """Is fetched when the first is closed."""
    group = Group()
    member = group.join()
    group.deliver(2, 5)
    group.fill_all(stored=5)
    assert member.heard == numbers(1, 5)


def test_database_that_has_nothing_is_not_asked_without_end() -> None:
    """A fetch that finds nothing is repeated only with the next frame."""
    group = Group()
    member = group.join()
    group.deliver(2)
    group.fill_all(stored=0)
    assert (member.heard, group.holes) == ([], [])
    group.deliver(3)
    group.fill_all(stored=3)
    assert member.heard == numbers(1, 3)


def test_large_hole_is_fetched_in_parts() -> None:
    """However much was missed, one fetch is bounded."""
    group = Group()
    member = group.join()
    group.deliver(FILL_LIMIT * 2 + 10)
    assert group.holes[0].before == FILL_LIMIT + 1
    group.fill_all(stored=FILL_LIMIT * 2 + 10)
    assert member.heard == numbers(1, FILL_LIMIT * 2 + 10)


def test_newcomer_who_knows_more() -> None:
    """Who was told of messages whose frames are still on their way does not hear them again."""
    group = Group(last_seq=1)
    early = group.join()
    late = group.join(head=3)
    group.deliver(2, 3, 4)
    assert early.heard == numbers(2, 4)
    assert late.heard == numbers(4, 4)


def test_newcomer_who_knows_less() -> None:
    """Who entered further back is brought up; the others hear nothing twice and lose nothing."""
    group = Group()
    early = group.join()
    group.deliver(1, 2, 3)
    late = group.join(head=1)
    group.deliver(4)
    group.fill_all(stored=4)
    assert late.heard == numbers(2, 4)
    assert early.heard == numbers(1, 4)


def test_newcomer_who_knows_less_while_a_hole_is_open() -> None:
    """Both holes are filled, whatever comes in between."""
    group = Group(last_seq=5)
    early = group.join()
    group.deliver(8, 6, 7)
    late = group.join(head=3)
    group.fill_all(stored=8)
    assert early.heard == numbers(6, 8)
    assert late.heard == numbers(4, 8)


def test_repeat_while_its_hole_is_open() -> None:
    """The fetch then brings nothing new; what is missing behind it is fetched all the same."""
    group = Group()
    group.join()
    group.deliver(1)
    late = group.join(head=0)
    group.deliver(1, 3)
    group.fill_all(stored=3)
    assert late.heard == numbers(1, 3)


def test_ephemeral_frames() -> None:
    """Go out at once, to everybody but the excluded, past any hole."""
    group = Group()
    pat, dora = group.join(user_id="pat"), group.join(user_id="dora")
    group.deliver(2)
    assert group.channel.deliver(GroupFrame(group_id=GROUP, text="…", excluded="pat")) == 1
    assert (pat.heard, dora.heard) == ([], ["…"])


def test_sender_gets_a_text_of_its_own() -> None:
    """On each of the sender's connections, and nobody else does."""
    group = Group()
    phone, desk, dora = group.join(user_id="pat"), group.join(user_id="pat"), group.join(None, "d")
    sent = GroupFrame(group_id=GROUP, seq=1, text="all", sender_id="pat", sender_text="own")
    assert group.channel.deliver(sent) == 3
    assert (phone.heard, desk.heard, dora.heard) == (["own"], ["own"], ["all"])


STEPS = st.one_of(
    st.tuples(st.just("deliver"), st.integers(1, 12)),
    st.tuples(st.just("enter"), st.integers(0, 12)),
    st.tuples(st.just("fill"), st.integers(0, 3)),
    st.tuples(st.just("commit"), st.integers(1, 3)),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(STEPS, max_size=40))
def test_any_order_of_anything(steps: list[tuple[str, int]]) -> None:
    """However frames are lost, repeated and shuffled, and whenever holes are filled, each
    connection hears exactly what comes after its head, in order, once the last frame is there."""
    group = Group()
    stored = 0
    members: list[tuple[Recorder, int]] = []
    for step, number in steps:
        if step == "commit":
            stored += number
        elif step == "deliver":
            group.deliver(min(number, stored))
        elif step == "enter":
            head = min(number, stored)
            members.append((group.join(head), head))
        elif group.holes:
            group.holes.pop(number % len(group.holes)).fill(stored)
        for member, head in members:
            assert member.heard == numbers(head + 1, head + len(member.heard))
    stored += 1
    group.deliver(stored)
    group.fill_all(stored)
    for member, head in members:
        assert member.heard == numbers(head + 1, stored)
