"""The runs on all that `im up` starts."""

from typing import Any

from tests.guarantees.ai_scenarios import ENV, FAULTS
from tests.guarantees.picture_faults import PICTURE_FAULTS
from tests.guarantees.plan import AI, Scenario

PICTURE = ("im up",)
PICTURE_ENV = ENV | {
    "AI_MAX_ATTEMPTS": "5",
    "CELERY_CANARY_SECONDS": "0.5",
    "DATABASE_TIMEOUT": "2",
    "WS_MESSAGES_PER_SECOND": "0",
    "USER_MESSAGES_PER_SECOND": "0",
    "WS_CONNECTIONS_PER_USER": "0",
}
NETWORK = ("cut", "reset", "half_open", "slow")
DATABASE = ("store_crash", "database_cut", "database_half_open", "database_slow")
AI_WAY = ("ai_cut", "ai_down", "ai_half_open", "ai_slow")
INSTANCES = tuple(name for name in PICTURE_FAULTS if name.startswith("instance_"))
BUS = tuple(name for name in PICTURE_FAULTS if name.startswith("bus_"))
WORKERS = tuple(name for name in PICTURE_FAULTS if name.startswith("worker_"))


def picture_scenario(name: str, *faults: str, **fields: Any) -> Scenario:
    given: dict[str, Any] = {
        "ai": AI(slow_s=0.1, max_attempts=5),
        "churn_s": 0.3,
        "groups": 6,
        "pause_s": 0.2,
    }
    return Scenario(
        name, faults=faults, databases=PICTURE, picture=True, env=PICTURE_ENV, **(given | fields)
    )


PICTURE_SCENARIOS = (
    picture_scenario("picture"),
    picture_scenario("instances", *INSTANCES, *NETWORK),
    picture_scenario("bus", *BUS),
    picture_scenario("workers", *WORKERS),
    picture_scenario("clocks", "clock", "worker_kill", ai=AI(slow_s=0.4, max_attempts=5)),
    picture_scenario(
        "everything",
        *INSTANCES, *BUS, *WORKERS, *NETWORK, *DATABASE, *AI_WAY,
        ai=AI(slow_s=0.1, faulty=0.1, faults=FAULTS, max_attempts=5),
    ),
)  # fmt: skip
