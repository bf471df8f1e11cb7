"""The hub alone: connections that only remember, a database that is a list."""

import asyncio
import gc
import json
import weakref
from collections.abc import Callable, Collection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from app.bus.frames import ConnectionFrame, GroupFrame, MemberFrame, UserFrame
from app.bus.local import LocalBus
from app.errors import DatabaseUnavailable
from app.repositories.batch import GroupStates
from app.services.core.hub_service import Stretch
from app.services.core.records import Membership, MessageRecord
from app.utils.clock import utc_now
from app.websocket import manager, repair
from app.websocket.close_codes import CloseCode
from app.websocket.manager import Hub
from app.websocket.publisher import group_frame
from app.websocket.reading import HubReader
from tests.websocket.clinic import until
from tests.websocket.recorder import Recorder


class Store(HubReader):
    """The database of one test."""

    def __init__(self) -> None:  # opens no door
        self.messages: dict[str, list[MessageRecord]] = {}
        self.changes: dict[str, int] = {}
        self.reads = 0
        self.failures = 0
        self.open = asyncio.Event()
        self.open.set()

    def head(self, group: str) -> int:
        return len(self.messages.get(group, []))

    def commit(self, group: str = "g") -> GroupFrame:
        """One more message, and the frame that tells of it."""
        now, stored = utc_now(), self.messages.setdefault(group, [])
        stored.append(
            MessageRecord(
                id=0, message_id="msg", group_id=group, seq=len(stored) + 1, from_user_id="dora",
                user_role="DOCTOR", msg_type="TEXT", msg_content="", client_msg_id=None,
                reply_to_message_id=None, finish_reason=None, created_at=now, updated_at=now,
            )
        )  # fmt: skip
        return group_frame(stored[-1])

    async def states(self, group_ids: Collection[str]) -> GroupStates:
        return {group: (self.head(group), self.changes.get(group, 0)) for group in group_ids}

    async def memberships(self, user_ids: Collection[str]) -> dict[str, list[Membership]]:
        return {user_id: [] for user_id in user_ids}

    async def between(self, group: str, after: int, before: int) -> Stretch:
        self.reads += 1
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable
        return Stretch(self.messages[group][after : before - 1], 0)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def hub(store: Store) -> Hub:
    return Hub(store, LocalBus())


def states(**heads: int) -> GroupStates:
    return {group: (head, 0) for group, head in heads.items()}


def connect(hub: Hub, user_id: str, **heads: int) -> Recorder:
    connection = Recorder(user_id, hub.flush)
    hub.begin(connection)
    hub.join(connection, states(**heads))
    return connection


def added(user_id: str, last_seq: int = 0, changes: int = 1) -> MemberFrame:
    text = json.dumps({"type": "member_added", "user_id": user_id})
    return MemberFrame(
        group_id="g",
        user_id=user_id,
        joined=True,
        last_seq=last_seq,
        payload=text.encode(),
        member_changes=changes,
    )


def removed(user_id: str, group: str = "g", changes: int = 1) -> MemberFrame:
    text = json.dumps({"type": "member_removed", "user_id": user_id})
    return MemberFrame(
        group_id=group,
        user_id=user_id,
        joined=False,
        last_seq=0,
        payload=text.encode(),
        member_changes=changes,
    )


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


async def test_message_reaches_every_connection_of_every_member(hub: Hub, store: Store) -> None:
    """And nobody else; the number of connections comes back."""
    phone, desk = connect(hub, "pat", g=0), connect(hub, "pat", g=0)
    dora, stranger = connect(hub, "dora", g=0), connect(hub, "eve", other=0)
    assert hub.receive(store.commit()) == 3
    assert [c.seqs() for c in (phone, desk, dora, stranger)] == [[1], [1], [1], []]


async def test_message_that_passes_while_somebody_is_the_first_to_join(
    hub: Hub, store: Store
) -> None:
    """Its frame reaches nobody, so the head that is told includes it."""
    pat = Recorder("pat", hub.flush)
    hub.begin(pat)
    read = states(g=store.head("g"))
    hub.receive(store.commit())
    assert hub.join(pat, read) == {"g": 1}
    hub.receive(store.commit())
    assert pat.seqs() == [2]


async def test_message_that_passes_while_another_is_there(hub: Hub, store: Store) -> None:
    """Who joins is told what the others have heard, and hears what they hear next."""
    dora, pat = connect(hub, "dora", g=0), Recorder("pat", hub.flush)
    hub.begin(pat)
    hub.receive(store.commit())
    assert hub.join(pat, states(g=0)) == {"g": 1}
    hub.receive(store.commit())
    assert (dora.seqs(), pat.seqs()) == ([1, 2], [2])


async def test_message_that_passes_and_is_forgotten(hub: Hub, store: Store) -> None:
    """Nor is it missed when all who heard it have left before the newcomer is in."""
    dora, pat = connect(hub, "dora", g=0), Recorder("pat", hub.flush)
    hub.begin(pat)
    hub.receive(store.commit())
    hub.leave(dora)
    assert hub.join(pat, states(g=0)) == {"g": 1}


async def test_message_that_was_read_before_its_frame_came(hub: Hub, store: Store) -> None:
    """Is not pushed again to who was told of it."""
    dora, pat = connect(hub, "dora", g=0), Recorder("pat", hub.flush)
    hub.begin(pat)
    frame = store.commit()
    assert hub.join(pat, states(g=store.head("g"))) == {"g": 1}
    hub.receive(frame)
    assert (dora.seqs(), pat.seqs()) == ([1], [])


@pytest.mark.parametrize("change", [added, removed])
async def test_memberships_that_change_while_they_are_read(
    hub: Hub, store: Store, change: Callable[[str], MemberFrame]
) -> None:
    """Are to be read again, once; the second answer counts."""
    pat = Recorder("pat", hub.flush)
    hub.begin(pat)
    hub.receive(change("pat"))
    assert hub.join(pat, states(stale=1)) is None
    assert hub.join(pat, states(g=0)) == {"g": 0}
    hub.receive(store.commit())
    assert pat.seqs() == [1]


async def test_change_of_somebody_else_while_joining(hub: Hub) -> None:
    """Is no reason to read again."""
    pat = Recorder("pat", hub.flush)
    hub.begin(pat)
    hub.receive(added("dora"))
    assert hub.join(pat, states(g=0)) == {"g": 0}


async def test_nothing_comes_before_connected(hub: Hub, store: Store) -> None:
    """Who has not been greeted yet is told nothing else."""
    pat = Recorder("pat", hub.flush)
    hub.begin(pat)
    hub.receive(UserFrame(user_id="pat", payload=b"{}"))
    hub.receive(added("pat"))
    hub.receive(store.commit())
    hub.receive(removed("pat"))
    assert pat.heard == []


async def test_user_frame(hub: Hub) -> None:
    """Goes to all connections of its user."""
    phone, desk, dora = connect(hub, "pat"), connect(hub, "pat"), connect(hub, "dora")
    assert hub.receive(UserFrame(user_id="pat", payload=b"{}")) == 2
    assert [c.heard for c in (phone, desk, dora)] == [["{}"], ["{}"], []]


async def test_frame_for_one_connection(hub: Hub, store: Store) -> None:
    """It alone, behind what its group has been told; nobody where it is not in the group."""
    pat, other = connect(hub, "pat", g=0), connect(hub, "pat", g=0)
    pat.connection_id = "conn_1"
    hub.receive(store.commit())
    frame = ConnectionFrame(group_id="g", user_id="pat", connection_id="conn_1", payload=b'"x"')
    assert hub.receive(frame) == 1
    assert pat.heard[1:] == ['"x"']
    assert len(other.heard) == 1
    assert hub.receive(structs.replace(frame, group_id="h")) == 0


async def test_new_member(hub: Hub, store: Store) -> None:
    """All hear of it, the newcomer's connections too, which get what is sent from then on."""
    dora = connect(hub, "dora", g=0)
    phone, desk = connect(hub, "pat"), connect(hub, "pat")
    hub.receive(store.commit())
    assert hub.receive(added("pat", last_seq=1)) == 3
    hub.receive(store.commit())
    assert json.loads(phone.heard[0]) == {"type": "member_added", "user_id": "pat"}
    assert (dora.seqs(), phone.seqs(), desk.seqs()) == ([1, 2], [2], [2])


async def test_new_member_whose_frame_comes_late(hub: Hub, store: Store) -> None:
    """Gets what was sent in between as well; nobody gets it twice."""
    dora, pat = connect(hub, "dora", g=0), connect(hub, "pat")
    hub.receive(store.commit())
    late = added("pat", last_seq=1)
    hub.receive(store.commit())
    hub.receive(late)
    hub.receive(store.commit())
    await settle()
    assert (dora.seqs(), pat.seqs()) == ([1, 2, 3], [2, 3])


async def test_new_member_twice(hub: Hub, store: Store) -> None:
    """A frame that the bus repeats changes nothing."""
    pat = connect(hub, "pat")
    hub.receive(added("pat"))
    hub.receive(store.commit())
    hub.receive(added("pat"))
    hub.receive(store.commit())
    await settle()
    assert pat.seqs() == [1, 2]


async def test_removed_member(hub: Hub, store: Store) -> None:
    """Hears of it as the others do, and of nothing that comes after."""
    dora, pat = connect(hub, "dora", g=0), connect(hub, "pat", g=0)
    assert hub.receive(removed("pat")) == 2
    hub.receive(store.commit())
    hub.receive(GroupFrame(group_id="g", payload=b'{"type":"ephemeral"}'))
    assert [json.loads(text)["type"] for text in pat.heard] == ["member_removed"]
    assert dora.seqs() == [1]


async def test_removed_and_added_again(hub: Hub, store: Store) -> None:
    """Hears what comes after the second joining."""
    connect(hub, "dora", g=0)
    pat = connect(hub, "pat", g=0)
    hub.receive(removed("pat"))
    hub.receive(store.commit())
    hub.receive(added("pat", last_seq=1, changes=2))
    hub.receive(store.commit())
    assert pat.seqs() == [2]


async def test_a_removal_that_nobody_tells_of(hub: Hub, store: Store) -> None:
    """As when the answer to its commit was lost: what comes after it is held back from all, who
    come back and ask anew."""
    dora, pat = connect(hub, "dora", g=0), connect(hub, "pat", g=0)
    hub.receive(structs.replace(store.commit(), member_changes=1))
    await settle()
    assert [(one.seqs(), one.close_code) for one in (dora, pat)] == [([], 4009)] * 2


async def test_changes_in_the_wrong_order(hub: Hub, store: Store) -> None:
    """Are told in the right one, each once, and what was said after them behind them."""
    dora, pat = connect(hub, "dora", g=0), connect(hub, "pat", g=0)
    hub.receive(structs.replace(store.commit(), member_changes=2))
    hub.receive(added("pat", last_seq=0, changes=2))
    assert (dora.heard, pat.heard) == ([], [])
    hub.receive(removed("pat", changes=1))
    hub.receive(removed("pat", changes=1))
    hub.receive(added("pat", last_seq=0, changes=2))
    await settle()
    for one in (dora, pat):
        types = [json.loads(text)["type"] for text in one.heard]
        assert types == ["member_removed", "member_added", "message_sent"]


async def test_who_enters_ahead_of_the_news(hub: Hub, store: Store) -> None:
    """Has been told of it by `connected`, and hears none of it again."""
    dora, pat = connect(hub, "dora", g=0), Recorder("pat", hub.flush)
    hub.begin(pat)
    assert hub.join(pat, {"g": (0, 2)}) == {"g": 0}
    hub.receive(removed("pat", changes=1))
    hub.receive(added("pat", changes=2))
    hub.receive(structs.replace(store.commit(), member_changes=2))
    await settle()
    assert (len(dora.heard), pat.seqs()) == (3, [1])
    assert len(pat.heard) == 1


async def test_removed_while_a_hole_is_open(hub: Hub, store: Store) -> None:
    """What the fetch brings reaches only those who are still members."""
    dora, pat = connect(hub, "dora", g=0), connect(hub, "pat", g=0)
    store.commit()
    hub.receive(store.commit())
    hub.receive(removed("pat"))
    await settle()
    assert (dora.seqs(), pat.seqs()) == ([1, 2], [])


async def test_lost_frame(hub: Hub, store: Store) -> None:
    """Is read from the database when the next one shows that it is missing."""
    pat = connect(hub, "pat", g=0)
    store.commit()
    store.commit()
    hub.receive(store.commit())
    await settle()
    assert pat.seqs() == [1, 2, 3]
    assert store.reads == 1


async def test_database_away_while_a_hole_is_open(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again until it answers."""
    monkeypatch.setattr(repair, "RETRY_SECONDS", 0.001)
    store.failures = 3
    pat = connect(hub, "pat", g=0)
    store.commit()
    hub.receive(store.commit())
    await until(lambda: pat.seqs() == [1, 2])
    assert store.reads == 4


async def test_everybody_leaves_while_a_hole_is_open(hub: Hub, store: Store) -> None:
    """What was read for them does not disturb who comes next."""
    store.open.clear()
    first = connect(hub, "pat", g=0)
    store.commit()
    hub.receive(store.commit())
    await settle()
    hub.leave(first)
    second = connect(hub, "pat", g=2)
    store.commit()
    hub.receive(store.commit())
    store.open.set()
    await settle()
    assert (first.seqs(), second.seqs()) == ([], [3, 4])


async def test_group_without_anybody_here(hub: Hub, store: Store) -> None:
    """Costs nothing: no connection, no read."""
    assert hub.receive(store.commit()) == 0
    assert hub.receive(added("pat")) == 0
    assert hub.receive(UserFrame(user_id="pat", payload=b"{}")) == 0
    assert store.reads == 0


async def test_nothing_is_left_of_who_has_gone(hub: Hub, store: Store) -> None:
    """Joined, joining, twice, removed meanwhile: hub and channels are as empty as at first."""
    leaving = [connect(hub, "pat", g=0), connect(hub, "pat", g=0), connect(hub, "dora", h=0)]
    joining = Recorder("pat", hub.flush)
    hub.begin(joining)
    hub.receive(store.commit("elsewhere"))
    hub.receive(removed("dora", group="h"))
    hub.receive(store.commit())
    traces: list[weakref.ref[Any]] = [weakref.ref(c) for c in (joining, *leaving)]
    for connection in (joining, *leaving):
        hub.leave(connection)
    assert hub.connection_count == 0
    del joining, leaving, connection
    gc.collect()
    assert [trace() for trace in traces] == [None] * 4
    late = Recorder("pat", hub.flush)
    hub.begin(late)
    assert hub.join(late, states(elsewhere=0, g=0, h=0)) == {"elsewhere": 0, "g": 0, "h": 0}


async def test_leaving_twice(hub: Hub) -> None:
    """Does no harm."""
    pat = connect(hub, "pat", g=0)
    hub.leave(pat)
    hub.leave(pat)
    assert hub.connection_count == 0


async def test_drain(hub: Hub) -> None:
    """Tells all, those who come later too, and waits until they have gone."""
    pat = connect(hub, "pat", g=0)
    draining = asyncio.create_task(hub.drain(CloseCode.GOING_DOWN))
    await settle()
    late = connect(hub, "late")
    assert (pat.close_code, late.close_code) == (CloseCode.GOING_DOWN, CloseCode.GOING_DOWN)
    hub.leave(pat)
    await settle()
    assert not draining.done()
    hub.leave(late)
    await draining


async def test_drain_does_not_wait_for_ever(hub: Hub) -> None:
    """A connection that never goes holds nothing up."""
    connect(hub, "pat")
    await hub.drain(CloseCode.GOING_DOWN, timeout_s=0.01)


USERS = st.sampled_from(["pat", "dora"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.sampled_from(["on time", "late", "lost", "twice"])),
        st.tuples(st.just("late frame"), st.integers(0, 5)),
        st.tuples(st.just("begin"), USERS),
        st.tuples(st.just("join"), st.integers(0, 5)),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("add"), st.sampled_from(["on time", "late"])),
        st.tuples(st.just("database"), st.booleans()),
        st.tuples(st.just("turn"), st.none()),
    ),
    min_size=8,
    max_size=40,
)


class World:
    """One group, which pat is in from the start; its members only grow, so that whoever is told
    of it hears it to the end."""

    def __init__(self) -> None:
        self.store = Store()
        self.hub = Hub(self.store, LocalBus())
        self.members = {"pat"}
        self.announced: set[str] = set()
        self.whole = True
        """Until the bus first loses something or brings it late."""
        self.late: list[GroupFrame | MemberFrame] = []
        self.joining: list[tuple[Recorder, dict[str, int]]] = []
        self.expected: list[tuple[Recorder, int]] = []
        self.outside: list[Recorder] = []

    def commit(self, fate: str) -> None:
        self.publish(self.store.commit(), fate)

    def publish(self, frame: GroupFrame | MemberFrame, fate: str) -> None:
        if fate == "late":
            self.late.append(frame)
        for _ in range({"on time": 1, "twice": 2}.get(fate, 0)):
            self.receive(frame)
        self.whole &= fate in {"on time", "twice"}

    def late_frame(self, which: int) -> None:
        if self.late:
            self.receive(self.late.pop(which % len(self.late)))

    def receive(self, frame: GroupFrame | MemberFrame) -> None:
        self.hub.receive(frame)
        if isinstance(frame, MemberFrame):
            self.announced.add(frame.user_id)
            for connection in [c for c in self.outside if c.user_id == frame.user_id]:
                self.outside.remove(connection)
                self.expected.append((connection, frame.last_seq))

    def begin(self, user: str) -> None:
        connection = Recorder(user, self.hub.flush)
        self.hub.begin(connection)
        self.read(connection)

    def read(self, connection: Recorder) -> None:
        """As the database stands now, however much later it is told."""
        heads = {"g": self.store.head("g")} if connection.user_id in self.members else {}
        self.joining.append((connection, heads))

    def join(self, which: int) -> None:
        if not self.joining:
            return
        connection, heads = self.joining.pop(which % len(self.joining))
        told = self.hub.join(connection, states(**heads))
        if told is None:
            self.read(connection)
        elif told:
            self.expected.append((connection, told["g"]))
        else:
            assert connection.user_id not in self.announced
            self.outside.append(connection)

    def leave(self, which: int) -> None:
        if self.expected:
            connection, _head = self.expected.pop(which % len(self.expected))
            self.hub.leave(connection)

    def add(self, fate: str) -> None:
        if "dora" not in self.members:
            self.members.add("dora")
            self.publish(added("dora", last_seq=self.store.head("g")), fate)

    def database(self, answers: bool) -> None:
        if answers:
            self.store.open.set()
        else:
            self.store.open.clear()

    def check(self, *, all_told: bool) -> None:
        for connection, head in self.expected:
            seqs = connection.seqs()
            last = self.store.head("g") if all_told else head + len(seqs)
            assert seqs == list(range(head + 1, last + 1))
        assert all(connection.seqs() == [] for connection in self.outside)


@settings(deadline=None, max_examples=200)
@given(STEPS)
async def test_whatever_the_bus_does(steps: list[tuple[str, Any]]) -> None:
    """However frames are lost, late and repeated while people come, go and are added, each
    connection hears what comes after the head it was told, in order, once, and to the end; as
    long as nothing was lost or late, at once."""
    world = World()
    for step, argument in steps:
        if step == "turn":
            await settle()
        else:
            getattr(world, step.replace(" ", "_"))(argument)
        world.check(all_told=world.whole)
    world.database(answers=True)
    world.commit("on time")
    await settle()
    world.commit("on time")
    await settle()
    world.check(all_told=True)


async def test_doubts(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was stored and never told is found, of messages and of members."""
    monkeypatch.setattr(manager, "SWARM_S", 0)
    pat, rosa = connect(hub, "pat", g=0), connect(hub, "rosa", h=0)
    store.commit()
    store.changes["h"] = 1
    hub.resync_soon()
    hub.resync_soon()
    await settle()
    assert pat.seqs() == [1]
    assert (pat.close_code, rosa.close_code) == (None, 4009)
