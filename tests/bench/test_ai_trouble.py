"""`im bench ai-trouble`, in short, on real servers."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.ai_stage import Simulated, nobody_listening
from bench.clients.room import Room
from bench.clients.tally import Tally
from bench.command import Figures
from bench.compare.results import Results
from bench.load import Span
from bench.measures import rooms
from bench.measures.ai_trouble import CASES, FAILING, HANGING, HEALTHY, LEFT_OUT, Outcome, Plan
from bench.patients import Record
from bench.reports.ai_trouble import LOAD, figures, rows
from bench.usage import Usage
from tests.bench.running import assert_refused, figures_of, run

SHORT = (
    "--users", "4", "--group-size", "2", "--patients", "1", "--rate", "5", "--latency", "20ms",
    "--rounds", "1", "--seconds", "0.6", "--warm-up", "0.1",
)  # fmt: skip
BY_NAME = {case.name: case for case in CASES}
PLAN = Plan(rooms.Plan(1, 2, 2, 1, 0, 5, rate=1), 1, Simulated(1, 0, True, 30), 1)


def test_every_case_gets_the_same_load(figures_file: Path) -> None:
    """Members see the replies as well, each once and in order, or the run would not be right."""
    found = figures_of(figures_file, "ai-trouble", *SHORT)
    cases = found["cases"]
    assert list(cases) == list(BY_NAME)
    for turns in found["rounds"].values():
        [turn] = turns
        assert turn["stored"] == turn["acknowledged"] + turn["replies"]
        assert turn["deliveries"] >= turn["stored"] * 2 > 0
    assert cases[LEFT_OUT]["asked"] == 0
    assert cases[HEALTHY]["replies"] > 0
    assert 0 < cases[HEALTHY]["asked"] < cases[HEALTHY]["acknowledged"]
    assert cases[HANGING]["attempts"] > 0
    assert cases[LEFT_OUT]["p99_to_left_out"] == {"acknowledgement_ms": 1, "last_delivery_ms": 1}
    assert len(found["targets"]) == 6


def test_an_ai_that_was_to_answer_and_does_not_ends_in_an_exit_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        Simulated, "options", property(lambda _: ["--engine", "simulate", "--hang-rate", "1"])
    )
    monkeypatch.setattr("bench.commands.ai_trouble.CASES", (BY_NAME[HEALTHY],))
    result = run("ai-trouble", *SHORT)
    assert result.exit_code == 1
    assert "AI, healthy: the AI answered nothing" in result.stderr


def test_nobody_listens_at_a_dead_address() -> None:
    with nobody_listening() as url:
        parts = urlsplit(url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((parts.hostname, parts.port))


def turn(p99: float, **changes: object) -> Figures:
    times = {"p50": 1.0, "p99": p99}
    return {
        "database": "sqlite", "acknowledgement_ms": times, "last_delivery_ms": times,
        "cpu_us_per_message": {"server": 500.0}, "acknowledged": 9, "asked": 9, "attempts": 9,
        "replies": 0, "generator_busy": 0.1, "verified": True, "faults": [], **changes,
    }  # fmt: skip


def test_a_p99_is_compared_with_the_undisturbed_one() -> None:
    """By the medians of the rounds."""
    results = Results()
    for case, measured in {LEFT_OUT: (2, 1, 90), HANGING: (3, 1, 2), FAILING: (4, 3, 9)}.items():
        for p99 in measured:
            results.add(LOAD, case, turn(p99))
    found = figures(results, PLAN)
    assert found["cases"][HANGING]["p99_to_left_out"]["last_delivery_ms"] == 1
    assert found["cases"][HANGING]["p99_to_healthy"]["last_delivery_ms"] is None
    met = {target["what"]: target["met"] for target in found["targets"]}
    assert met["AI hanging: last delivery, p99"] is True
    assert met["AI failing: last delivery, p99"] is False
    assert met["AI dead: last delivery, p99"] is None
    assert "2.00 × left out, - × healthy" in rows(found)["failing, last delivery"]


def test_what_was_wrong_in_one_round_is_told() -> None:
    results = Results()
    results.add(LOAD, LEFT_OUT, turn(1))
    results.add(LOAD, HEALTHY, turn(1, verified=False, faults=["the AI answered nothing"]))
    found = figures(results, PLAN)
    assert found["verified"] is False
    assert rows(found)["checked"] == "AI, healthy: the AI answered nothing"


def outcome(
    case: str, *, seen: int = 3, stored: int = 3, sent: int = 2, replies: int = 1, asked: int = 1
) -> Outcome:
    room = Room(1)
    room.counts = [seen]
    whole = rooms.Outcome(
        Tally(acknowledged=sent), Span(0, 1, Usage(None, None, 0), 0), [room], [stored], [], replies
    )
    record = Record("record_1", "msg_1", None, succeeded=False, attempts=1, seconds=0)
    return Outcome(whole, 1, [record] * asked, BY_NAME[case])


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (outcome(HEALTHY), []),
        (outcome(FAILING, stored=2, seen=2, replies=0), []),
        (outcome(HEALTHY, seen=2), ["1 members did not see all messages of their group"]),
        (outcome(HEALTHY, sent=3), ["3 messages were acknowledged, 2 stored"]),
        (outcome(HEALTHY, asked=2), ["2 messages were for the AI, not 1"]),
        (outcome(HEALTHY, stored=2, seen=2, replies=0), ["the AI answered nothing"]),
        (outcome(HANGING), ["the AI answered 1 times"]),
        (outcome(LEFT_OUT, stored=2, seen=2, replies=0), ["1 messages were for the AI, not 0"]),
    ],
)
def test_what_does_not_agree_is_a_fault(found: Outcome, says: list[str]) -> None:
    assert found.faults == says


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--rounds", "0"), "--rounds"),
        (("--rounds", "101"), "--rounds"),
        (("--rate", "0"), "--rate"),
        (("--rate", "nan"), "--rate"),
        (("--group-size", "0"), "--group-size"),
        (("--users", "7", "--group-size", "3"), "--users"),
        (("--users", "0"), "--users"),
        (("--patients", "0"), "--patients"),
        (("--patients", "6"), "--patients"),
        (("--latency", "soon"), "--latency"),
        (("--latency", "1s", "--seconds", "1"), "--latency"),
        (("--seconds", "0"), "--seconds"),
        (("--warm-up", "-1"), "--warm-up"),
        (("--size", "0"), "--size"),
        (("--database-url", "oracle"), "--database-url"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "ai-trouble", *arguments)
