from typing import Annotated

import typer

from ai_service import options
from ai_service.engine import LoadProfile
from ai_service.engines import engine_factories
from ai_service.main import create_app
from ai_service.server import ListenError, listen, serve, url_of

SIMULATE = "Only with --engine simulate"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Host = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Address to listen on; 0.0.0.0 is every one there is."),
]
Port = Annotated[
    str, typer.Option(metavar="NUMBER", help="Port to listen on; 0 lets the system choose.")
]
EngineName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="What answers: demo (a triage conversation by simple rules), "
        "echo (repeats the message) or simulate (a slow or failing AI, for load tests).",
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        envvar="AI_SERVICE_API_KEY",
        help="Answer only requests that carry the header 'Authorization: Bearer KEY'. "
        "Better given by the environment: other users of the machine can read a command line.",
    ),
]
Latency = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="How long an answer takes: 1s, 200ms or 0.5 (seconds).",
        rich_help_panel=SIMULATE,
    ),
]
Jitter = Annotated[
    str,
    typer.Option(
        metavar="FRACTION",
        help="How far the latency varies: 0.2 is 20 % less to 20 % more.",
        rich_help_panel=SIMULATE,
    ),
]
FailRate = Annotated[
    str,
    typer.Option(
        metavar="FRACTION",
        help="Share of requests answered by an HTTP 500: 0.05 is one in twenty.",
        rich_help_panel=SIMULATE,
    ),
]
HangRate = Annotated[
    str,
    typer.Option(
        metavar="FRACTION",
        help="Share of requests never answered, until the caller gives up.",
        rich_help_panel=SIMULATE,
    ),
]
Seed = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER",
        help="Makes the same requests fail and hang in each run.",
        rich_help_panel=SIMULATE,
    ),
]


@app.command()
def serve_command(  # noqa: PLR0913 - one parameter per option of the command
    *,
    host: Host = "127.0.0.1",
    port: Port = "8001",
    engine: EngineName = "demo",
    api_key: ApiKey = None,
    latency: Latency = "0s",
    jitter: Jitter = "0",
    fail_rate: FailRate = "0",
    hang_rate: HangRate = "0",
    seed: Seed = None,
) -> None:
    """Answer the instant-messaging service's messages, as its external AI service.

    Point the instant-messaging service's AI_SERVICE_URL at the address that this prints.
    """
    try:
        profile = options.load_profile(latency, jitter, fail_rate, hang_rate, seed)
        _serve(host, options.port_number(port), engine, options.key(api_key), profile)
    except options.OptionError as error:
        _refuse(error, exit_code=2)
    except ListenError as error:
        _refuse(error, exit_code=error.exit_code)


def _serve(host: str, port: int, engine: str, api_key: str | None, profile: LoadProfile) -> None:
    build = options.factory(engine, engine_factories())
    options.check_profile_used(engine, profile)
    service = create_app(build(profile), api_key)
    with listen(host, port) as listener:
        guard = "API key required" if api_key else "no API key"
        typer.echo(f"AI service at {url_of(listener)} (engine {engine}, {guard})")
        serve(service, listener)


def _refuse(error: Exception, exit_code: int) -> None:
    typer.echo(str(error), err=True)
    raise typer.Exit(exit_code) from error
