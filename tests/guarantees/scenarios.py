"""The runs: who talks, on what, and what goes wrong meanwhile."""

from tests.guarantees.ai_scenarios import AI_SCENARIOS
from tests.guarantees.line import Manner
from tests.guarantees.picture_scenarios import PICTURE_SCENARIOS
from tests.guarantees.plan import Scenario

SQLITE = ("sqlite",)
OWN_SERVERS = ("own postgresql", "own mariadb")
"""Of their own, since they are taken down."""
NO_LIMITS = {
    "WS_MESSAGES_PER_SECOND": "0",
    "USER_MESSAGES_PER_SECOND": "0",
    "WS_CONNECTIONS_PER_USER": "0",
}
QUICK_HEARTBEAT = Manner(heartbeat_s=1.0, heartbeat_timeout_s=3.0)

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("calm", churn_s=0.1),
        Scenario(
            "limits",
            databases=SQLITE,
            pause_s=0.01,
            env={"WS_MESSAGES_PER_SECOND": "20", "USER_MESSAGES_PER_SECOND": "30"},
        ),
        Scenario("crowd", faults=("absence",), churn_s=0.15, fault_gap_s=1.0, env=NO_LIMITS),
        Scenario("network", faults=("cut", "reset", "half_open", "slow"), churn_s=0.3),
        Scenario(
            "dead lines",
            faults=("dead_line", "cut"),
            manner=QUICK_HEARTBEAT,
            env={"WS_HEARTBEAT_SECONDS": "1", "WS_HEARTBEAT_TIMEOUT": "2"},
        ),
        Scenario("restarts", faults=("kill", "stop"), churn_s=0.3),
        Scenario(
            "storm",
            faults=("storm",),
            databases=SQLITE,
            users=40,
            talkers=4,
            doubles=0,
            fault_gap_s=1.0,
            pause_s=0.02,
            manner=Manner(roster=False),
        ),
        Scenario(
            "great storm",
            faults=("storm",),
            users=1000,
            talkers=8,
            doubles=0,
            fault_gap_s=4.0,
            groups=2,
            manner=Manner(roster=False),
        ),
        Scenario(
            "deaf reader",
            databases=SQLITE,
            users=2,
            talkers=2,
            doubles=0,
            groups=1,
            pause_s=0.001,
            long=True,
            deaf=True,
            env={**NO_LIMITS, "WS_MAX_UNSENT_BYTES": "65536"},
        ),
        Scenario(
            "im_client",
            faults=("kill", "cut", "reset", "slow", "half_open", "stop"),
            public_client=True,
            manner=Manner(roster=False),
        ),
        Scenario("disk full", faults=("disk_full",), databases=SQLITE, churn_s=0.3),
        Scenario(
            "database",
            faults=("database_crash", "database_cut", "database_half_open", "database_slow"),
            databases=OWN_SERVERS,
            churn_s=0.3,
            env={"DATABASE_TIMEOUT": "2"},
        ),
        *AI_SCENARIOS,
        *PICTURE_SCENARIOS,
    )
}
