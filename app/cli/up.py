import asyncio
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from app.cli.problems import USAGE, stop
from app.config import SettingsError, load_settings
from app.up import trial, welcome
from app.up.folder import DataFolder
from app.up.keeper import Keeper, Saboteur
from app.up.logs import OneLog
from app.up.picture import Picture
from app.up.plan import Plan
from app.up.problems import Interrupted, UpError
from im_client import IMClientError

TURN_SECONDS = 0.1


def up(
    *,
    api: Annotated[int, typer.Option(min=1, max=16, help="Instances of the service.")] = 2,
    workers: Annotated[
        int, typer.Option(min=0, max=16, help="Workers for the AI. 0: the instances do it.")
    ] = 2,
    port: Annotated[
        int | None,
        typer.Option(help="Port of the front door. [default: 8000, or a free one]"),
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Folder of the databases and the logs; it is kept.")
    ] = Path("data/up"),
    once: Annotated[
        bool,
        typer.Option(
            "--once", "--check", help="End after one conversation; exit 0 if it all happened."
        ),
    ] = False,
    kill_something: Annotated[
        bool, typer.Option("--kill-something", help="kill -9 one of the programs, now and again.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.5, help="Seconds between two kills of --kill-something.")
    ] = 10,
    among: Annotated[
        str | None,
        typer.Option(
            help="What --kill-something may kill, comma-separated: programs (api-1) or kinds "
            "(api, worker, postgres, redis, ai-service, nginx). [default: all]"
        ),
    ] = None,
) -> None:
    """Run the whole production picture on this machine: PostgreSQL, Redis, two instances, two
    workers, the reference AI service, and nginx in front where it is installed.

    PostgreSQL and Redis come as Python packages, or are yours by DATABASE_URL and REDIS_URL, and
    the AI service by AI_SERVICE_URL. Programs that die are started again, until Ctrl-C.
    """
    folder, plan = DataFolder(data), _plan(api, workers, port)
    try:
        with OneLog(folder.logs, plan.names) as log, Picture(folder, plan, log.say) as picture:
            _heed_signals(picture)
            picture.start()
            if once:
                _converse(picture, log)
            else:
                _try_to_converse(picture, log)
                welcome.show(Console(soft_wrap=True), picture, _group_of(picture))
                victims = _victims(picture, among) if kill_something else []
                _keep(picture, Saboteur(picture, victims, every, log.say), log)
            log.say("", "stopping")
    except (UpError, IMClientError) as error:
        stop(f"up: {error}")
    except Interrupted:
        pass


def _plan(api: int, workers: int, port: int | None) -> Plan:
    try:
        settings = load_settings(workers=1, ai_dispatch="local")
    except SettingsError as error:
        stop(str(error), USAGE)
    return Plan(
        api,
        workers,
        port,
        database_url=None if settings.database.is_sqlite else settings.database.database_url,
        redis_url=settings.redis.redis_url,
        ai_service_url=settings.ai.ai_service_url,
    )


def _heed_signals(picture: Picture) -> None:
    """The first one stops it in order, the second at once."""

    def heed(_number: int, _frame: FrameType | None) -> None:
        if picture.stopping.is_set():
            picture.hurry.set()
        picture.stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, heed)


def _converse(picture: Picture, log: OneLog) -> None:
    instances = [picture.url_of(name) for name in picture.plan.instances]
    for line in asyncio.run(trial.converse(picture.url, instances)):
        log.say("", line)


def _try_to_converse(picture: Picture, log: OneLog) -> None:
    """An AI service of one's own may be down; that is no reason to stop."""
    try:
        _converse(picture, log)
    except (UpError, IMClientError) as error:
        log.say("trial", str(error))


def _group_of(picture: Picture) -> str:
    return asyncio.run(trial.find_or_open_group(picture.url))


def _victims(picture: Picture, among: str | None) -> list[str]:
    """A program by its name, or all of a kind."""
    running = list(picture.programs)
    if among is None:
        return running
    wanted = {word.strip() for word in among.split(",")}
    kinds = {name: {name, name.rpartition("-")[0]} for name in running}
    if unknown := wanted - set().union(*kinds.values()):
        raise UpError(f"--among: no {', '.join(sorted(unknown))}; there are {', '.join(running)}")
    return [name for name in running if kinds[name] & wanted]


def _keep(picture: Picture, saboteur: Saboteur, log: OneLog) -> None:
    keeper = Keeper(picture, log.say)
    while not picture.stopping.wait(TURN_SECONDS):
        keeper.attend()
        saboteur.work()
