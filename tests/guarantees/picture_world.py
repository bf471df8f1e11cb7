"""The world as `im up` makes it: two instances, two workers, PostgreSQL and Redis, with a proxy on
each way. What ends is started again, as by any supervisor."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.up import postgres, redis
from app.up.folder import DataFolder
from app.up.keeper import Keeper
from app.up.picture import Picture
from app.up.plan import Plan
from app.up.ports import free_port
from tests.guarantees import picture_program, points
from tests.guarantees.world import Program, World
from tests.support.fault_proxy import FaultProxy
from tests.support.open_folder import open_folder
from tests.support.processes import UNTRACED

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
OFTEN_S = 0.05


class Instance(Program):
    """One of the picture's."""

    def __init__(self, picture: Picture, name: str) -> None:
        self.port = picture.ports[name]
        self.url = picture.url_of(name)
        self._picture = picture
        self._name = name

    @property
    def pid(self) -> int:
        return self._picture.pid(self._name)


class Supervisor:
    """Starts what has ended, unless it is told to let things lie."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._keeper = Keeper(picture, lambda _name, _text: None, first_pause=0.1)
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._attend, daemon=True)
        self.failed: Exception | None = None

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextmanager
    def letting_lie(self) -> Iterator[None]:
        with self._turn:
            yield

    @property
    def whole(self) -> bool:
        """Everything runs, and is ready."""
        with self._turn:
            running = all(program.runs for program in self._picture.programs.values())
            return running and self._keeper.idle

    def _attend(self) -> None:
        while not self._over.wait(OFTEN_S):
            try:
                with self._turn:
                    self._keeper.attend()
            except Exception as error:  # noqa: BLE001 - told to whoever waits for the whole
                self.failed = error
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureWorld(World):
    picture: Picture
    supervisor: Supervisor
    others: tuple[FaultProxy, ...] = ()
    """Before the instances behind the first."""
    buses: dict[str, FaultProxy] = field(default_factory=dict)
    """Before Redis, for each instance and worker one."""
    die_files: dict[str, Path] = field(default_factory=dict)

    @property
    def doors(self) -> tuple[FaultProxy, ...]:
        return (self.proxy, *self.others)

    @property
    def urls(self) -> list[str]:
        return [self.picture.url_of(name) for name in self.picture.plan.instances]

    def normal(self) -> None:
        for proxy in (*self.doors, *self.buses.values(), self.database_proxy, self.ai_proxy):
            if proxy is not None:
                proxy.normal()

    async def whole(self) -> None:
        """Raises TimeoutError, or what keeps something from being started."""
        async with asyncio.timeout(PATIENCE_S):
            while not await asyncio.to_thread(lambda: self.supervisor.whole):
                if self.supervisor.failed is not None:
                    raise self.supervisor.failed
                await asyncio.sleep(OFTEN_S)

    async def down(self, name: str, number: signal.Signals, seconds: float) -> int | None:
        """Ended by this signal, and for so long nobody starts it again. Gives the exit code."""
        return await asyncio.to_thread(self._down, name, number, seconds)

    def _down(self, name: str, number: signal.Signals, seconds: float) -> int | None:
        program = self.picture.programs[name]
        with self.supervisor.letting_lie():
            if number is signal.SIGKILL:
                program.kill()
            else:
                program.send(number)
            code = program.wait()
            time.sleep(seconds)
        return code

    async def stop(self) -> int:
        """The instances and the workers; the stores are left to be looked at."""
        await asyncio.to_thread(self._stop)
        return 0

    def _stop(self) -> None:
        self.supervisor.end()
        self.picture.dismiss(self.picture.plan.instances)
        self.picture.dismiss(self.picture.plan.crew)


@asynccontextmanager
async def picture_world(ai_url: str, **env: str) -> AsyncIterator[PictureWorld]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(open_folder())
        ai_proxy = await _proxy(stack, int(ai_url.rpartition(":")[2]))
        plan = Plan(
            port=free_port(),
            nginx=None,
            module=picture_program.__name__,
            ai_service_url=f"http://127.0.0.1:{ai_proxy.port}",
            env={**UNTRACED, "PYTHONPATH": str(ROOT), **env},
        )
        picture = Picture(DataFolder(folder), plan)
        stack.push_async_callback(asyncio.to_thread, picture.stop)
        await asyncio.to_thread(picture.start_stores)
        url = picture.env["DATABASE_URL"]
        database_proxy = await _proxy(stack, picture.ports[postgres.NAME])
        picture.env["DATABASE_URL"] = postgres.url_of(database_proxy.port)
        names = [*plan.instances, *plan.crew]
        buses = {name: await _proxy(stack, picture.ports[redis.NAME]) for name in names}
        die_files = {name: folder / f"die-{name}" for name in names}
        for name in names:
            picture.env_of[name] = {
                "REDIS_URL": redis.url_of(buses[name].port),
                points.VARIABLE: str(die_files[name]),
            }
        await asyncio.to_thread(picture.start_services)
        doors = [await _proxy(stack, picture.ports[name]) for name in plan.instances]
        supervisor = Supervisor(picture)
        stack.callback(supervisor.end)
        supervisor.begin()
        yield PictureWorld(
            Instance(picture, plan.instances[0]), doors[0], url, database_proxy,
            ai_proxy=ai_proxy, picture=picture, supervisor=supervisor, others=tuple(doors[1:]),
            buses=buses, die_files=die_files,
        )  # fmt: skip


async def _proxy(stack: AsyncExitStack, port: int) -> FaultProxy:
    return await stack.enter_async_context(FaultProxy(("127.0.0.1", port)).running())
