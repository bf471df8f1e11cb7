"""`im bench fanout` and `im bench latency`, in short."""

from pathlib import Path

import pytest

from bench.clients.room import Room
from bench.clients.tally import Tally
from bench.load import Span
from bench.measures.rooms import Outcome
from bench.usage import Usage
from tests.bench.running import assert_refused, figures_of

SHORT = ("--seconds", "0.3", "--warm-up", "0.05")


def test_every_member_sees_every_message(figures_file: Path, service_url: str) -> None:
    found = figures_of(
        figures_file, "fanout", "--members", "12", "--senders", "3", *SHORT, "--url", service_url
    )
    assert found["deliveries"] == found["stored"] * 12 > 0
    assert found["acknowledged"] == found["stored"]
    assert found["deliveries_per_second"] > found["messages_per_second"] > 0
    assert found["last_delivery_ms"]["p99"] >= found["last_delivery_ms"]["p50"] > 0


def test_users_send_at_their_rate(figures_file: Path, service_url: str) -> None:
    found = figures_of(
        figures_file, "latency", "--users", "6", "--group-size", "3", "--rate", "20", *SHORT,
        "--url", service_url,
    )  # fmt: skip
    assert found["plan"]["groups"] == 2
    assert found["deliveries"] == found["stored"] * 3
    assert 0 < found["stored"] <= 6 * 20
    assert found["generator_late_ms"]["max"] is not None


def outcome(counts: list[int], stored: int, acknowledged: int, unexpected: int = 0) -> Outcome:
    room = Room(len(counts))
    room.counts = counts
    tally = Tally(acknowledged=acknowledged, unexpected=unexpected)
    return Outcome(tally, Span(0, 1, Usage(None, None, 0), 0), [room], [stored], [])


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (outcome([3, 3], 3, 3), None),
        (outcome([3, 2], 3, 3), "1 members did not see all"),
        (outcome([3, 3], 3, 4), "4 messages were acknowledged, 3 stored"),
        (outcome([3, 3], 3, 3, unexpected=1), "acknowledged twice"),
    ],
)
def test_what_does_not_agree_is_a_fault(found: Outcome, says: str | None) -> None:
    if says is None:
        assert found.faults == []
    else:
        assert says in found.faults[0]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("fanout", "--members", "0"), "--members"),
        (("fanout", "--senders", "0"), "--senders"),
        (("fanout", "--members", "4", "--senders", "5"), "--senders"),
        (("fanout", "--window", "0"), "--window"),
        (("fanout", "--seconds", "0"), "--seconds"),
        (("latency", "--rate", "0"), "--rate"),
        (("latency", "--rate", "nan"), "--rate"),
        (("latency", "--group-size", "0"), "--group-size"),
        (("latency", "--users", "7", "--group-size", "3"), "--users"),
        (("latency", "--users", "0", "--group-size", "3"), "--users"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, *arguments)
