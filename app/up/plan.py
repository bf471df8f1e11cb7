"""What is to run, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.up import nginx
from app.up.ports import HOST, chosen_or_free, free_port

FRONT_PORT = 8000


@dataclass(frozen=True, slots=True)
class Plan:
    """`port` is the front door's. What is given by a URL is not started here. `module`: what
    stands in for `app.cli` in instances and workers. `env` reaches all programs of ours."""

    api: int = 2
    workers: int = 2
    port: int | None = None
    database_url: str | None = None
    redis_url: str | None = None
    ai_service_url: str | None = None
    nginx: str | None = field(default_factory=nginx.program)
    module: str = "app.cli"
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def instances(self) -> list[str]:
        return [f"api-{number}" for number in range(1, self.api + 1)]

    @property
    def crew(self) -> list[str]:
        return [f"worker-{number}" for number in range(1, self.workers + 1)]

    @property
    def names(self) -> list[str]:
        """Of all that may run, in the order in which they start."""
        stores = ["postgres", "redis", "ai-service", "migration"]
        return [*stores, *self.instances, *self.crew, nginx.NAME]


class Ports:
    """Of each program that listens, by name; they stay the same when it is started again."""

    def __init__(self, plan: Plan) -> None:
        front = chosen_or_free(plan.port, FRONT_PORT)
        names = ["postgres", "redis", "ai-service", *plan.instances]
        self._of = {name: free_port() for name in names}
        self._of[nginx.NAME if plan.nginx else plan.instances[0]] = front

    def __getitem__(self, name: str) -> int:
        return self._of[name]

    def url(self, name: str) -> str:
        return f"http://{HOST}:{self._of[name]}"
