import asyncio
import errno
import socket
from typing import Annotated

import typer

from app.cli.problems import USAGE, settings_or_stop, stop
from app.config import Settings
from app.utils.address import bind, bind_together, is_loopback
from app.utils.logger import configure_logging


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
    workers: Annotated[
        int | None, typer.Option(help="Processes that share the port. [default: WORKERS, or 1]")
    ] = None,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    link: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the service: HTTP, WebSocket and, where AI_SERVICE_URL is set, the AI layer.

    Settings come from the environment and from .env; .env.example explains them all.
    SIGTERM ends it in order. With several workers SIGHUP restarts them one after
    the other, and no connection is refused meanwhile.
    """
    settings = settings_or_stop(
        host=host, port=port, allow_open_network=allow_open_network or None, workers=workers
    )
    configure_logging(settings.log)
    check_network(settings)
    if settings.server.workers > 1:
        _supervise(settings)
    else:
        from app.cli.serving import run_service  # noqa: PLC0415 - a parent of processes imports little

        run_service(settings, fd, link)


def _supervise(settings: Settings) -> None:
    from app.supervisor.supervisor import Supervisor  # noqa: PLC0415 - only here

    count, host = settings.server.workers, settings.server.host
    with listen(settings) as alone:  # nobody else does, not even another one of several processes
        port = alone.getsockname()[1]
    with bind_together(host, port) as kept:  # the port is ours, whoever dies
        supervisor = Supervisor(
            lambda: bind_together(host, port), count, _given_on(settings),
            lambda: say_address(settings, kept, count),
        )  # fmt: skip
        asyncio.run(supervisor.run())
    if supervisor.problem:
        stop(supervisor.problem, supervisor.exit_code)
    raise typer.Exit(supervisor.exit_code)


def _given_on(settings: Settings) -> dict[str, str]:
    """What options may have said otherwise than the environment."""
    env = {"WORKERS": "1", "HOST": settings.server.host, "PORT": str(settings.server.port)}
    if settings.auth.allow_open_network:
        env["ALLOW_OPEN_NETWORK"] = "1"
    return env


def say_address(settings: Settings, sock: socket.socket, processes: int = 1) -> None:
    shown_host = "127.0.0.1" if settings.server.host in {"0.0.0.0", "::"} else settings.server.host  # noqa: S104 - compared, not bound
    together = f", {processes} processes" if processes > 1 else ""
    typer.echo(
        f"IM service on http://{shown_host}:{sock.getsockname()[1]} (docs at /docs{together})",
        err=True,
    )


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
