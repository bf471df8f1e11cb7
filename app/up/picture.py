"""The production picture on one machine: what `im up` runs, and what tests take apart."""

import signal
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Self

from app.up import nginx, postgres, redis, services
from app.up.folder import DataFolder
from app.up.plan import Plan, Ports
from app.up.ports import HOST
from app.up.problems import UpError
from app.up.program import Program
from app.up.staff import Staff, did_not_start

Say = Callable[[str, str], None]
"""A program's name, and what there is to say of it."""
MIGRATION_SECONDS = 600.0


class Picture(Staff):
    """`start` and `stop` do all of it, `start_stores` and `start_services` a part each, so that
    something can be put between: `env` is what instances and workers get at their next start,
    `env_of` what one of them gets beside. Raises UpError where it cannot be."""

    def __init__(
        self, folder: DataFolder, plan: Plan, say: Say = lambda _name, _text: None
    ) -> None:
        super().__init__(folder)
        self.plan = plan
        self.env_of: dict[str, dict[str, str]] = {}
        self._say = say
        for name in folder.take():
            say(name, "was left behind by an earlier run; ended")
        try:
            self.ports = Ports(plan)
        except UpError:
            folder.leave()
            raise
        self.env = self._environment()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Of the front door."""
        return self.ports.url(nginx.NAME if self.plan.nginx else self.plan.instances[0])

    def url_of(self, name: str) -> str:
        return self.ports.url(name)

    @property
    def redis_url(self) -> str:
        """Past whatever `env` puts before it."""
        return self.plan.redis_url or redis.url_of(self.ports[redis.NAME])

    def start(self) -> None:
        """Raises UpError where something cannot start, and Interrupted where `stopping` is set."""
        self.start_stores()
        self.start_services()

    def start_stores(self) -> None:
        """The database, with its schema, Redis and the AI service."""
        plan, ports, path = self.plan, self.ports, self.folder.path
        bus = None if plan.redis_url else redis.spec(path / redis.NAME, ports[redis.NAME])
        if plan.database_url:
            self._migrate()  # which tells at once whether it is there
        else:
            self.engage(postgres.spec(path / postgres.NAME, ports[postgres.NAME]))
        if bus:
            self.engage(bus)
        if not plan.ai_service_url:
            self.engage(services.ai_service(ports[services.AI_SERVICE]))
        if not plan.database_url:
            self.await_ready(postgres.NAME)
            postgres.ensure_database(ports[postgres.NAME])
            self._migrate()
        self.await_ready()

    def start_services(self) -> None:
        plan = self.plan
        for name in plan.instances:
            env = self._env_for(name)
            self.engage(services.instance(name, self.ports[name], plan.module, env))
        for name in plan.crew:
            self.engage(
                services.worker(
                    name,
                    plan.module,
                    self.redis_url,
                    partial(self.pid, name),
                    self._env_for(name),
                )
            )
        self.await_ready()
        if plan.nginx:
            self._open_front_door(plan.nginx)

    def stop(self) -> None:
        """Whoever stands in front first, the databases last; nothing is left."""
        door = self.programs.get(nginx.NAME)
        if door is not None:
            door.send(signal.SIGQUIT)  # it ends when the last socket has heard why
        self.dismiss(self.plan.instances)
        if door is not None:
            door.send(signal.SIGTERM)
        self.dismiss([nginx.NAME])
        self.dismiss(self.plan.crew)
        self.dismiss([services.AI_SERVICE])
        self.dismiss(list(self.programs))
        self.folder.leave()

    def _open_front_door(self, program: str) -> None:
        folder, port = self.folder.path / nginx.NAME, self.ports[nginx.NAME]
        doors = [f"{HOST}:{self.ports[name]}" for name in self.plan.instances]
        self.engage(nginx.spec(program, folder, self.folder.logs, port, doors))
        self.await_ready()

    def _migrate(self) -> None:
        job = Program(services.migration(self._env_for(services.MIGRATION)), self.folder.logs)
        job.spawn()
        if job.wait(MIGRATION_SECONDS) != 0:
            raise did_not_start(job)
        self._say(job.name, job.last_words())

    def _environment(self) -> dict[str, str]:
        plan, ports = self.plan, self.ports
        return services.environment(
            plan.database_url or postgres.url_of(ports[postgres.NAME]),
            self.redis_url,
            plan.ai_service_url or ports.url(services.AI_SERVICE),
            plan.workers,
        ) | dict(plan.env)

    def _env_for(self, name: str) -> Callable[[], Mapping[str, str]]:
        return lambda: self.env | self.env_of.get(name, {})
