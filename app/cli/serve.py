import errno
import gc
import signal
import socket
import sys
from types import FrameType
from typing import Annotated

import typer

from app.bootstrap import build, prepare_database
from app.cli.problems import USAGE, settings_or_stop, stop
from app.cli.starting import stopping_on_start_errors
from app.config import Settings
from app.main import create_app
from app.security.identity import is_loopback
from app.server import Server, bind
from app.utils.logger import configure_logging

SWITCH_SECONDS = 0.0001
"""How long a database thread with an answer in hand waits for a busy event loop to let it run;
Python's own 5 ms are longer than a whole batch takes."""


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. [default: HOST, or 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on. [default: PORT, or 8000]")
    ] = None,
    allow_open_network: Annotated[
        bool,
        typer.Option(
            "--allow-open-network",
            help="Let AUTH_MODE=open listen on a network: anybody there may be anybody.",
        ),
    ] = False,
) -> None:
    """Run the service: HTTP, WebSocket and, where AI_SERVICE_URL is set, the AI layer.

    Settings come from the environment and from .env; .env.example explains them all.
    """
    settings = settings_or_stop(host=host, port=port, allow_open_network=allow_open_network or None)
    configure_logging(settings.log)
    check_network(settings)
    with stopping_on_start_errors():
        container = build(settings)
        sock = listen(settings)
        prepare_database(container.database, settings)
    shown_host = "127.0.0.1" if settings.server.host in {"0.0.0.0", "::"} else settings.server.host  # noqa: S104 - compared, not bound
    typer.echo(
        f"IM service on http://{shown_host}:{sock.getsockname()[1]} (docs at /docs)", err=True
    )
    server = Server(create_app(settings, container), settings)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: walking it again would hold up a message for 50 ms
    sys.setswitchinterval(SWITCH_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_cleanly)  # uvicorn raises the signal again when it has stopped
    server.run(sockets=[sock])


def _exit_cleanly(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def check_network(settings: Settings) -> None:
    auth = settings.auth
    if (
        auth.auth_mode == "open"
        and not auth.allow_open_network
        and not is_loopback(settings.server.host)
    ):
        stop(
            f"HOST: {settings.server.host} is a network address, and with AUTH_MODE=open anybody "
            "there could be anybody; set AUTH_MODE=jwt, or give --allow-open-network",
            USAGE,
        )


def listen(settings: Settings) -> socket.socket:
    host, port = settings.server.host, settings.server.port
    try:
        return bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            stop(f"PORT: {port} on {host} is in use; stop what listens there, or give --port")
        stop(f"HOST: cannot listen on {host}:{port}: {error.strerror}")
