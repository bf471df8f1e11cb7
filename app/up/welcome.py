"""What runs where, and what to try next."""

import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.up import nginx, postgres
from app.up.picture import Picture
from app.up.trial import DOCTOR, PATIENT

NO_DOOR = (
    "[yellow]nginx is not installed[/], so each instance is its own door "
    "(Debian: apt-get install nginx; macOS: brew install nginx)."
)


def show(console: Console, picture: Picture, group: str) -> None:
    console.print()
    console.print(_table(picture))
    if not picture.plan.nginx:
        console.print(NO_DOOR)
    console.print(_try_next(picture, group), highlight=False)


def _table(picture: Picture) -> Table:
    table = Table("program", "where", "process", title="What runs", title_justify="left")
    for name, program in picture.programs.items():
        where = program.spec.address or "(no port of its own)"
        table.add_row(name, where, str(program.pid))
    given = {"database": picture.plan.database_url, "Redis": picture.plan.redis_url}
    for name, url in given.items():
        if url:
            table.add_row(name, "given by its URL", "")
    return table


def _try_next(picture: Picture, group: str) -> str:
    im = _own_program()
    url, other = picture.url, picture.url_of(picture.plan.instances[-1])
    victim = picture.plan.instances[0]
    lines = [
        "[bold green]All of it runs.[/] Ctrl-C stops it. Try next:",
        "",
        f"  API documentation   {url}/docs",
        f"  Is it ready?        curl {url}/ready",
        "  Write as the patient, through the front door, in another terminal:",
        f"    {im} chat --url {url} --user {PATIENT} --group {group}",
        "  and as the doctor, at the last instance, in a third:",
        f"    {im} chat --url {other} --user {DOCTOR} --group {group}",
        f"  Kill {victim} and see it come back, and the clients with it:",
        f"    kill -9 {picture.pid(victim)}",
        "  or let it happen all the time: im up --kill-something",
    ]
    if postgres.NAME in picture.programs:
        database = postgres.url_of(picture.ports[postgres.NAME])
        lines.append(f"  Look into the database: psql {database}")
    if nginx.NAME in picture.programs:
        lines.append(f"  Requests at the door:   {picture.folder.logs / 'access.log'}")
    return "\n".join([*lines, f"  Data and logs           {picture.folder.path}", ""])


def _own_program() -> str:
    im = Path(sys.executable).parent / "im"
    return os.path.relpath(im) if im.exists() else "im"
