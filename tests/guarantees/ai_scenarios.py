"""The runs in which the AI answers the patients among the people."""

from typing import Any

from tests.guarantees import points
from tests.guarantees.line import Manner
from tests.guarantees.plan import AI, Scenario

ENV = {
    "AI_LEASE_SECONDS": "1",
    "AI_HANDOFF_SECONDS": "0",
    "AI_MAX_TURNS": "1000",
    "AI_DELTA_SECONDS": "0.01",
    "AI_DELTA_TOKENS": "3",
    "AI_CONNECT_TIMEOUT": "0.5",
    "AI_FIRST_BYTE_TIMEOUT": "0.5",
    "AI_READ_TIMEOUT": "0.5",
    "AI_SERVICE_TIMEOUT": "1",
    "AI_RETRY_SECONDS": "0.05",
    "AI_RETRY_CAP_SECONDS": "0.2",
    "AI_BREAKER_OPEN_SECONDS": "0.1",
}
"""All patients' messages are answered, in small pieces; the lease and all clocks are short."""
PATIENT = {
    "AI_FIRST_BYTE_TIMEOUT": "10",
    "AI_READ_TIMEOUT": "10",
    "AI_SERVICE_TIMEOUT": "20",
}
"""An answer that comes after a stand-still is one all the same."""
FAULTS = (
    "500", "429", "html", "empty-reply", "cut", "hang", "cut stream", "stalled stream",
    "garbled stream",
)  # fmt: skip


def ai_scenario(name: str, ai: AI, env: dict[str, str] | None = None, **fields: Any) -> Scenario:
    env = ENV | {"AI_MAX_ATTEMPTS": str(ai.max_attempts)} | (env or {})
    return Scenario(name, ai=ai, env=env, **({"groups": 6, "pause_s": 0.3} | fields))


AI_SCENARIOS = (
    ai_scenario("ai", AI(), pause_s=0.1, churn_s=0.3),
    ai_scenario(
        "ai faults",
        AI(faulty=0.35, faults=FAULTS),
        faults=("ai_cut", "ai_down", "ai_half_open", "ai_slow"),
    ),
    ai_scenario("ai network", AI(), faults=("cut", "reset", "half_open", "slow")),
    ai_scenario("ai restarts", AI(faulty=0.1, faults=FAULTS), faults=("kill", "stop", "freeze")),
    ai_scenario(
        "ai points",
        AI(slow_s=0.1, faulty=0.1, faults=FAULTS, max_attempts=5),
        pause_s=0.15,
        faults=tuple(f"die {point}" for point in points.POINTS),
        program=points.__name__,
    ),
    ai_scenario(
        "ai rivals",
        AI(slow_s=0.6),
        faults=("rival",),
        databases=("postgresql", "mariadb"),
        manner=Manner(partial=False),
        env=PATIENT,
    ),
)
