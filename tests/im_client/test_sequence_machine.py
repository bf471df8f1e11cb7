"""Whatever the connection does: every message once, in order, none passed over."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from im_client import Connected, MessageSent, Position
from im_client.position import Bookmark
from im_client.sequence import Sequence
from tests.im_client.made import connected, message


class OneGroup(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0
        self.head = 3
        self.start = 3
        self.seen: list[int] = []
        self.told = 3
        """The highest seq that the client has heard of."""
        self.sequence = Sequence()
        self.bookmark = Bookmark(None, "present")
        self.reconnect()

    def take(self, event: MessageSent | Connected) -> None:
        if isinstance(event, MessageSent):
            self.seen.append(event.seq)
        self.bookmark.note(event)

    @rule(arrives=st.booleans(), room=st.booleans())
    def a_message_is_stored(self, *, arrives: bool, room: bool) -> None:
        self.head += 1
        if arrives:
            self.told = self.head
            if self.sequence.offer(message(self.head), room=room):
                self.take(message(self.head))

    @precondition(lambda self: self.head > 0)
    @rule(data=st.data())
    def any_message_arrives_again(self, data: st.DataObject) -> None:
        seq = data.draw(st.integers(1, self.head))
        self.told = max(self.told, seq)
        if self.sequence.offer(message(seq)):
            self.take(message(seq))

    @rule()
    def there_is_room_again(self) -> None:
        while isinstance(event := self.sequence.release("a"), MessageSent):
            self.take(event)

    @rule()
    def the_missing_is_recovered(self) -> None:
        for last in self.sequence.behind().values():
            for seq in range(last + 1, self.head + 1):
                if self.sequence.apply(message(seq)):
                    self.take(message(seq))
            assert self.sequence.settle("a", self.head) is None
            self.told = self.head
        self.there_is_room_again()

    @rule()
    def reconnect(self) -> None:
        greeting = connected(f"e{self.epoch}", a=self.head)
        self.sequence.welcome(greeting)
        self.take(greeting)
        self.told = self.head

    @rule()
    def the_program_comes_back_with_its_saved_position(self) -> None:
        position = self.bookmark.position
        assert position is not None
        self.sequence = Sequence(Position.from_json(position.to_json()))
        self.bookmark = Bookmark(position, "present")
        self.reconnect()

    @rule(head=st.integers(0, 5))
    def the_database_is_another_one(self, head: int) -> None:
        self.epoch += 1
        self.head = self.start = head
        self.seen = []
        self.reconnect()

    @precondition(lambda self: self.seen)
    @rule(arrives=st.integers(0, 3))
    def a_backup_is_restored(self, arrives: int) -> None:
        """The last message that was seen is gone, and others take its seq, perhaps before the
        client has understood."""
        self.reconnect()
        self.the_missing_is_recovered()
        self.head -= 1
        self.reconnect()
        self.start = self.head
        for _ in range(arrives):
            self.head += 1
            assert not self.sequence.offer(message(self.head))
        lost = self.sequence.settle("a", self.start)
        assert lost is not None
        self.bookmark.note(lost)
        self.seen = []
        self.told = self.head
        self.there_is_room_again()
        assert len(self.seen) == arrives

    @invariant()
    def each_message_is_seen_once_and_in_order(self) -> None:
        assert self.seen == list(range(self.start + 1, self.start + 1 + len(self.seen)))

    @invariant()
    def a_whole_group_has_all_that_was_heard_of(self) -> None:
        if not self.sequence.behind():
            assert self.start + len(self.seen) == self.told

    @invariant()
    def the_position_is_where_the_program_is(self) -> None:
        assert self.bookmark.position == self.sequence.position

    def teardown(self) -> None:
        self.reconnect()
        self.the_missing_is_recovered()
        assert self.seen == list(range(self.start + 1, self.head + 1))


TestOneGroup = OneGroup.TestCase
TestOneGroup.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
