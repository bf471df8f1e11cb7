"""`im bench ai`, in short, on real servers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.ai_stage import Simulated, ai_service
from bench.ai_times import OwnTime
from bench.clients.reply import Reply
from bench.clients.tally import Tally
from bench.load import Span
from bench.measures.ai import Outcome, Plan, Run
from bench.patients import Record
from bench.reports.ai import figures
from bench.usage import Usage
from tests.bench import running
from tests.bench.running import assert_refused
from tests.support.databases import PostgresDatabases

SHORT = ("--users", "3", "--latency", "20ms", "--seconds", "0.5", "--warm-up", "0.05")
SPAN = Span(0, 10, Usage(0.04, None, 0.01), 500)
RECORD = Record("record_1", "msg_1", "msg_2", succeeded=True, attempts=1, seconds=1.5)
AI = Simulated(1, 0.3, stream=True, tokens_per_second=10)


def figures_of(file: Path, *arguments: str) -> dict[str, Any]:
    found = running.figures_of(file, "ai", *SHORT, *arguments)
    assert found["stored"] == 2 * found["answered"] == 2 * found["records"] > 0
    assert found["replies_per_second"] > 0
    assert found["direct"]["replies_per_second"] > 0
    assert found["total_ms"]["p50"] > found["own_ms"]["p50"] >= 20
    assert found["total_ms"]["p50"] > found["added_ms"]["p50"]
    assert found["own_time_unknown"] == 0
    assert found["direct"]["total_ms"]["p50"] >= 20
    return found


def test_the_ai_is_asked_directly_and_through_the_service(figures_file: Path) -> None:
    found = figures_of(figures_file)
    assert found["answered_in_deltas"] == 0
    assert found["first_delta_ms"]["p50"] is None
    assert found["cpu_ms_per_thousand_deltas"] == {}


def test_streamed_replies_are_seen_to_come(
    figures_file: Path, postgres: PostgresDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_DELTA_SECONDS", "0")
    url = postgres.new(migrated=False)
    pace = ("--stream", "--tokens-per-second", "100")
    found = figures_of(figures_file, *pace, "--database-url", url)
    assert found["database"].startswith("postgresql ")
    assert found["answered_in_deltas"] > 0
    assert found["first_delta_ms"]["p50"] < found["total_ms"]["p50"]
    assert found["direct"]["first_delta_ms"]["p50"] >= 20
    assert found["deltas_per_second"] > found["replies_per_second"]
    assert found["cpu_ms_per_thousand_deltas"].keys() == found["cpu_ms_per_reply"].keys()


def test_an_ai_that_fails_ends_in_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = property(lambda _: ["--engine", "simulate", "--garbage-rate", "1"])
    monkeypatch.setattr(Simulated, "options", failing)
    monkeypatch.setenv("AI_MAX_ATTEMPTS", "1")
    result = running.run("ai", *SHORT)
    assert result.exit_code == 1
    assert "records failed or never ended" in result.stderr
    assert "no reply came in the measured time" in result.stderr


def test_a_key_in_the_environment_does_not_lock_the_ai_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AI_SERVICE_API_KEY", "secret")
    with ai_service(replace(AI, tokens_per_second=None)) as target:
        assert target.log
        assert "no API key" in target.log.read_text()


def outcome(**changes: Any) -> Outcome:
    """One message, asked at 1, whose AI took 1.25 s, recorded by the server as 1.5; the first delta
    came at 2.25."""
    asked = Run(Tally(), SPAN, [Reply(1, 2.5, 2)])
    whole = changes.pop("whole", True)
    reply = Reply(1, 2.75, 2.25, "msg_1", "msg_2", whole=whole, deltas=5)
    run = Run(Tally(acknowledged=1, **changes.pop("tally", {})), SPAN, [reply])
    own = {"record_1": OwnTime(0.75, 1.25)}
    return replace(Outcome(asked, run, [RECORD], own, 2), **changes)


def test_added_is_all_but_the_ais_own_time() -> None:
    """A busy server hears the AI late: that is its own delay, whatever its record says."""
    found = figures(outcome(), Plan(1, AI, 10, 0, 5), "sqlite")
    assert found["verified"]
    assert found["total_ms"]["p50"] == 1750
    assert found["recorded_ms"]["p50"] == 1500
    assert found["own_ms"]["p50"] == 1250
    assert found["added_ms"]["p50"] == 500
    assert found["added_to_first_delta_ms"]["p50"] == 500
    assert found["cpu_ms_per_reply"] == {"server": 40, "generator": 10}
    assert found["deltas_per_second"] == 0.5
    assert found["cpu_ms_per_thousand_deltas"] == {"server": 8000, "generator": 2000}
    assert found["ai_service_busy"] == 0.05


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (outcome(tally={"in_flight": 1}), "1 messages were never answered"),
        (outcome(tally={"unexpected": 1}), "1 messages or replies came twice"),
        (outcome(stored=1), "1 messages are stored, not 1 and as many replies"),
        (outcome(records=[replace(RECORD, succeeded=False)]), "1 records failed"),
        (outcome(records=[RECORD, RECORD]), "1 messages have two records"),
        (outcome(records=[replace(RECORD, ai_message_id="msg_3")]), "do not agree"),
        (outcome(whole=False), "1 replies were not what their deltas said"),
        (outcome(direct=Run(Tally(), SPAN, [])), "no reply came"),
        (outcome(own={}), "told none of its own times"),
    ],
)
def test_what_does_not_agree_is_a_fault(found: Outcome, says: str) -> None:
    [fault] = found.faults
    assert says in fault


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--users", "0"), "--users"),
        (("--users", "1001"), "--users"),
        (("--latency", "soon"), "--latency"),
        (("--latency", "-1s"), "--latency"),
        (("--latency", "8s", "--jitter", "0.3"), "--latency"),
        (("--jitter", "1.1"), "--jitter"),
        (("--jitter", "nan"), "--jitter"),
        (("--tokens-per-second", "30"), "--tokens-per-second"),
        (("--stream", "--tokens-per-second", "0"), "--tokens-per-second"),
        (("--stream", "--tokens-per-second", "nan"), "--tokens-per-second"),
        (("--seconds", "0"), "--seconds"),
        (("--warm-up", "-1"), "--warm-up"),
        (("--size", "0"), "--size"),
        (("--database-url", "oracle"), "--database-url"),
        (("--dispatch", "redis"), "--dispatch"),
        (("--dispatch", "celery", "--database-url", "sqlite"), "--dispatch"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "ai", *arguments)


def test_a_worker_is_compared_with_the_server_itself(
    figures_file: Path, postgres: PostgresDatabases
) -> None:
    """Both on one database server; what it costs more is told."""
    url = postgres.new(migrated=False)
    found = figures_of(figures_file, "--dispatch", "celery", "--database-url", url)
    assert found["local"]["verified"]
    more = found["added_ms"]["p50"] - found["local"]["added_ms"]["p50"]
    assert found["added_by_celery_ms"]["p50"] == pytest.approx(more, abs=0.01)
