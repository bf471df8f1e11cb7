"""Who takes part: this service, and the peers that are installed."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version

from bench.databases import FreshDatabase
from bench.peers.ejabberd import server as ejabberd
from bench.peers.ejabberd.service import ejabberd_service
from bench.peers.naive.service import naive_service, naive_stage
from bench.service import Service, service_on
from bench.stage import Stage, stage_on

SERVICE, EJABBERD, NAIVE, PGBENCH = "this service", "ejabberd", "naive", "pgbench"


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    version: str
    stage: Callable[[FreshDatabase], AbstractContextManager[Stage]]
    service: Callable[[Stage], AbstractAsyncContextManager[Service]]


def contenders() -> tuple[list[Contender], list[str]]:
    """In their order in every round, and a line for each that is not installed."""
    found = [
        Contender(SERVICE, version("im-service"), stage_on, service_on),
        Contender(NAIVE, f"FastAPI {version('fastapi')}", naive_stage, naive_service),
    ]
    if not ejabberd.installed():
        return found, [ejabberd.MISSING]
    peer = Contender(EJABBERD, ejabberd.version(), ejabberd.ejabberd_stage, ejabberd_service)
    return [found[0], peer, found[1]], []
