"""G8: whatever happens, old state + events is what somebody sees who asks anew.

Hypothesis draws what people do, and in which order; somebody's view is compared with a fresh one
in between, and everybody's at the end. CHAOS_EXAMPLES makes it longer.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.guarantees.history import Result
from tests.guarantees.sending import Outgoing
from tests.guarantees.ward import DOCTOR, NAMES, PATIENTS, Ward
from tests.support.databases import SqliteFiles
from tests.support.servers import RunningServer, run_service

EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES") or 12)
STEPS = 20
ALREADY_MEMBER, NOT_A_MEMBER, GROUP_NOT_FOUND = 2002, 2003, 3001

anybody, patients = st.sampled_from(NAMES), st.sampled_from(PATIENTS)


class Life(RuleBasedStateMachine):
    """`members` and `messages` are what must be, from the answers alone."""

    groups = Bundle("groups")
    sent = Bundle("sent")

    def __init__(self, server: RunningServer) -> None:
        super().__init__()
        self.ward = Ward(server)
        self.members: dict[str, set[str]] = {}
        self.messages: dict[str, dict[str, str]] = {}
        """By group: the id that each client_msg_id was acknowledged with, in their order."""

    @initialize(target=groups)
    def first_group(self) -> str:
        return self.create_group()

    @rule(target=groups)
    def one_more_group(self) -> str:
        return self.create_group()

    def create_group(self) -> str:
        group_id = self.ward.run(self.ward.create_group())
        self.members[group_id] = {DOCTOR}
        self.messages[group_id] = {}
        return group_id

    @rule(group_id=groups, name=patients)
    def add(self, group_id: str, name: str) -> None:
        change = self.ward.change(group_id, name, DOCTOR, joined=True)
        inside = name in self.members[group_id]
        assert self.ward.run(change) == (ALREADY_MEMBER if inside else None)
        self.members[group_id].add(name)

    @rule(group_id=groups, name=patients)
    def remove(self, group_id: str, name: str) -> None:
        change = self.ward.change(group_id, name, DOCTOR, joined=False)
        inside = name in self.members[group_id]
        assert self.ward.run(change) == (None if inside else NOT_A_MEMBER)
        self.members[group_id].discard(name)

    @rule(group_id=groups, name=patients)
    def leave(self, group_id: str, name: str) -> None:
        change = self.ward.change(group_id, name, name, joined=False)
        inside = name in self.members[group_id]
        assert self.ward.run(change) == (None if inside else GROUP_NOT_FOUND)
        self.members[group_id].discard(name)

    @rule(target=sent, group_id=groups, name=anybody, by_http=st.booleans())
    def send(self, group_id: str, name: str, by_http: bool) -> tuple[str, Outgoing]:
        message = self.ward.message(group_id, name)
        self._send(name, message, by_http=by_http)
        return name, message

    @rule(sent=sent, by_http=st.booleans())
    def send_again(self, sent: tuple[str, Outgoing], by_http: bool) -> None:
        self._send(*sent, by_http=by_http)

    @rule(name=anybody)
    def disconnect(self, name: str) -> None:
        self.ward.run(self.ward.disconnect(name))

    @rule(name=anybody)
    def reconnect(self, name: str) -> None:
        self.ward.run(self.ward.reconnect(name))

    @rule(name=anybody)
    def look(self, name: str) -> None:
        self.ward.run(self.ward.check(name))

    def teardown(self) -> None:
        try:
            for name in NAMES:
                self.reconnect(name)
                self.look(name)
                self._as_answered(name)
            assert self.ward.violations() == []
        finally:
            self.ward.close()

    def _send(self, name: str, message: Outgoing, *, by_http: bool) -> None:
        answer = self.ward.run(self.ward.send(message, name, by_http=by_http))
        if name not in self.members[message.group_id]:
            assert answer.number == GROUP_NOT_FOUND
            return
        assert answer.result is Result.OK
        assert answer.message_id is not None
        known = self.messages[message.group_id]
        assert known.setdefault(message.client_msg_id, answer.message_id) == answer.message_id
        assert answer.seq == list(known).index(message.client_msg_id) + 1

    def _as_answered(self, name: str) -> None:
        view = self.ward.devices[name].view
        inside = {group for group, members in self.members.items() if name in members}
        assert set(view.members) == inside
        for group_id in inside:
            assert view.members[group_id] == {self.ward.ids[n] for n in self.members[group_id]}
            assert view.messages.get(group_id, []) == list(self.messages[group_id].values())


@pytest.fixture(scope="module")
def running(sqlite_files: SqliteFiles) -> Iterator[RunningServer]:
    with run_service(database_url=sqlite_files.new()) as server:
        yield server


def test_old_state_and_events_are_the_new_state(running: RunningServer) -> None:
    """For everybody, whether connected all the time, away for a while, removed or let in again."""

    class LifeHere(Life):
        def __init__(self) -> None:
            super().__init__(running)

    run_state_machine_as_test(
        LifeHere,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            print_blob=True,
        ),
    )
