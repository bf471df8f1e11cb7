"""The order of a group's frames, without a loop: a hole stays open until the test fills it."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from app.bus.frames import GroupFrame
from app.websocket.channel import FILL_LIMIT, Channel
from app.websocket.member_news import MemberNews
from tests.websocket.recorder import Recorder

GROUP = "group_1"


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
    members_asked: int = 0
    turns: list[Channel] = field(default_factory=list)
    """A channel that wants to be flushed at the end of this turn."""

    def __post_init__(self) -> None:
        self.channel = Channel(GROUP, self.last_seq, MemberNews(0), self)

    def messages(self, channel: Channel) -> None:
        assert channel.hole is not None, "nothing is missing there"
        self.holes.append(Hole(channel, *channel.hole))

    def members(self, channel: Channel) -> None:
        self.members_asked += 1

    def flush_soon(self, channel: Channel) -> None:
        self.turns.append(channel)

    def join(self, head: int | None = None, user_id: str = "pat") -> Recorder:
        connection = Recorder(user_id, self.channel.flush)
        self.channel.enter(connection, self.channel.last_seq if head is None else head)
        return connection

    def deliver(self, *seqs: int) -> None:
        for seq in seqs:
            self.channel.deliver(frame(seq))

    def fill_all(self, stored: int) -> None:
        while self.holes:
            self.holes.pop(0).fill(stored)


def frame(seq: int) -> GroupFrame:
    return GroupFrame(group_id=GROUP, seq=seq, payload=str(seq).encode())


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
    """Go to everybody but the excluded, past any hole."""
    group = Group()
    pat, dora = group.join(user_id="pat"), group.join(user_id="dora")
    group.deliver(2)
    assert group.channel.deliver(GroupFrame(group_id=GROUP, payload=b"~", excluded="pat")) == 1
    assert (pat.heard, dora.heard) == ([], ["~"])


def test_sender_gets_a_text_of_its_own() -> None:
    """On each of the sender's connections, and nobody else does."""
    group = Group()
    phone, desk, dora = group.join(user_id="pat"), group.join(user_id="pat"), group.join(None, "d")
    sent = GroupFrame(group_id=GROUP, seq=1, payload=b"all", sender_id="pat", sender_payload=b"own")
    assert group.channel.deliver(sent) == 3
    assert (phone.heard, desk.heard, dora.heard) == (["own"], ["own"], ["all"])


def test_one_burst_for_all() -> None:
    """What a turn of the event loop brings is joined once, asked to be flushed once, and the very
    same bytes go to everybody."""
    group = Group()
    members = [group.join(user_id=f"user_{number}") for number in range(3)]
    group.deliver(1, 2, 3)
    assert group.turns == [group.channel]
    assert [member.bursts for member in members] == [0, 0, 0]
    group.channel.flush()
    assert [member.bursts for member in members] == [1, 1, 1]
    group.channel.flush()
    assert [member.heard for member in members] == [numbers(1, 3)] * 3


def test_newcomer_hears_nothing_of_the_turn_before() -> None:
    """What was delivered before it entered leaves first, to the others only."""
    group = Group()
    early = group.join()
    group.deliver(1)
    late = group.join(head=1)
    group.deliver(2)
    assert (early.heard, late.heard) == (numbers(1, 2), numbers(2, 2))


def test_held_back() -> None:
    """Messages that come during a sync wait; those that its result has told are left out."""
    group = Group()
    pat, dora = group.join(user_id="pat"), group.join(user_id="dora")
    group.deliver(1)
    group.channel.hold(pat)
    group.deliver(2, 3, 4)
    assert (pat.heard, dora.heard) == (numbers(1, 1), numbers(1, 4))
    group.channel.release(pat, head=3)
    group.deliver(5)
    assert pat.heard == ["1", "4", "5"]


def test_result_ahead_of_the_frames() -> None:
    """What a sync has told does not come again when its frames arrive at last."""
    group = Group()
    pat, dora = group.join(user_id="pat"), group.join(user_id="dora")
    group.channel.hold(pat)
    group.channel.release(pat, head=2)
    group.deliver(1, 2, 3)
    assert (pat.heard, dora.heard) == (numbers(3, 3), numbers(1, 3))


def test_sync_that_tells_nothing() -> None:
    """Where nothing could be read, what was held back comes as if there had been no sync."""
    group = Group()
    pat = group.join(user_id="pat")
    group.channel.hold(pat)
    group.deliver(1, 2)
    group.channel.release(pat, head=0)
    assert pat.heard == numbers(1, 2)


def test_ephemeral_frames_are_not_held_back() -> None:
    """They have no place in the order."""
    group = Group()
    pat = group.join(user_id="pat")
    group.channel.hold(pat)
    group.channel.deliver(GroupFrame(group_id=GROUP, payload=b"now"))
    assert pat.heard == ["now"]


def test_own_text_is_kept_while_held_back() -> None:
    """A sender that syncs while its message is on the way gets its acknowledgement."""
    group = Group()
    pat = group.join(user_id="pat")
    group.channel.hold(pat)
    group.channel.deliver(
        GroupFrame(group_id=GROUP, seq=1, payload=b"all", sender_id="pat", sender_payload=b"own")
    )
    group.channel.release(pat, head=0)
    assert pat.heard == ["own"]


STEPS = st.one_of(
    st.tuples(st.just("deliver"), st.integers(1, 12)),
    st.tuples(st.just("enter"), st.integers(0, 12)),
    st.tuples(st.just("fill"), st.integers(0, 3)),
    st.tuples(st.just("commit"), st.integers(1, 3)),
    st.tuples(st.just("flush"), st.just(0)),
    st.tuples(st.just("hold"), st.integers(0, 5)),
    st.tuples(st.just("release"), st.integers(0, 5)),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(STEPS, max_size=40))
def test_any_order_of_anything(steps: list[tuple[str, int]]) -> None:
    """However frames are lost, repeated and shuffled, and whenever holes are filled, each
    connection hears exactly what comes after its head, in order, once the last frame is there."""
    world = World()
    for step, number in steps:
        getattr(world, step)(number)
        for member, head in world.members:
            assert member.heard == numbers(head + 1, head + len(member.heard))
    world.end()
    for member, head in world.members:
        assert member.heard == numbers(head + 1, world.stored)


@dataclass
class World:
    stored: int = 0
    group: Group = field(default_factory=Group)
    members: list[tuple[Recorder, int]] = field(default_factory=list)
    """Each with the head it entered with."""

    def commit(self, count: int) -> None:
        self.stored += count

    def deliver(self, seq: int) -> None:
        self.group.deliver(min(seq, self.stored))

    def enter(self, head: int) -> None:
        head = min(head, self.stored)
        self.members.append((self.group.join(head), head))

    def flush(self, _: int) -> None:
        self.group.channel.flush()

    def fill(self, which: int) -> None:
        if self.group.holes:
            self.group.holes.pop(which % len(self.group.holes)).fill(self.stored)

    def hold(self, which: int) -> None:
        """A sync begins."""
        if self.members:
            member, _ = self.members[which % len(self.members)]
            if GROUP not in member.held:
                self.group.channel.hold(member)

    def release(self, which: int) -> None:
        """It ends: its result tells all that is stored."""
        if self.members:
            member, head = self.members[which % len(self.members)]
            if GROUP in member.held:
                last = int(member.heard[-1]) if member.heard else head
                member.tell(numbers(last + 1, self.stored))
                self.group.channel.release(member, self.stored)

    def end(self) -> None:
        for which in range(len(self.members)):
            self.release(which)
        self.stored += 1
        self.group.deliver(self.stored)
        self.group.fill_all(self.stored)
