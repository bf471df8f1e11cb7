import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.engine import URL

from app.cli.problems import stop
from app.demo.conversation import Conversation
from app.demo.programs import DemoError, program
from app.demo.scenes import DOCTOR, PATIENT, SCENES
from im_client import IMClientError

Port = Annotated[
    int | None, typer.Option(help="Port of the service. [default: 8000, or a free one]")
]
AIPort = Annotated[
    int | None, typer.Option(help="Port of the AI service. [default: 8001, or a free one]")
]


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the conversation; exit 0 if it all happened.")
    ] = False,
    port: Port = None,
    ai_port: AIPort = None,
    data: Annotated[
        Path, typer.Option(help="Folder of the database and the logs; it is kept.")
    ] = Path("data/demo"),
    lang: Annotated[
        str | None, typer.Option(help="Language of the conversation: en or zh. [default: by LANG]")
    ] = None,
) -> None:
    """See the whole thing: a patient writes, the AI answers, the doctor takes over.

    Starts the service on SQLite and the reference AI service beside it, plays a conversation over
    WebSocket, then keeps serving until Ctrl-C.
    """
    language = lang or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")
    if language not in SCENES:
        stop(f"--lang: must be one of {', '.join(SCENES)}", 2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _run(once, _free(port, 8000), _free(ai_port, 8001), data, language)
    except (DemoError, IMClientError) as error:
        stop(f"demo: {error}")
    except KeyboardInterrupt:
        pass


def _run(once: bool, port: int, ai_port: int, data: Path, language: str) -> None:
    console = Console(soft_wrap=True)
    url, ai_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ai_port}"
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"--data: cannot use {data}: {error.strerror}")
    console.print(f"Starting the AI service ({ai_url}) and the IM service ({url}) …")
    ai_arguments = ["ai_service", "--port", str(ai_port), "--engine", "demo"]
    with program("ai-service", ai_arguments, ai_url, data, **os.environ), program(
        "im-service", ["app.cli", "serve", "--port", str(port)], url, data,
        **_environment(data, ai_url),
    ):  # fmt: skip
        group = asyncio.run(Conversation(url, SCENES[language], console).play())
        if not once:
            _keep_serving(console, url, group, data)


def _environment(data: Path, ai_url: str) -> dict[str, str]:
    """The demo's own settings win over whatever the shell or a .env says."""
    own = {
        "DATABASE_URL": URL.create("sqlite", database=str(data / "im.db")).render_as_string(),
        "AI_SERVICE_URL": ai_url,
        "AUTH_MODE": "open",
        "ALLOW_OPEN_NETWORK": "0",
        "HOST": "127.0.0.1",
        "AI_HANDOFF_SECONDS": "1",  # the doctor has the last word, and the demo can be played again
    }
    return os.environ | own


def _keep_serving(console: Console, url: str, group: str, data: Path) -> None:
    im = Path(sys.executable).parent / "im"
    shown = os.path.relpath(im) if im.exists() else "im"
    console.print(
        f"""
[bold green]Everything worked.[/] The service goes on; Ctrl-C stops it. Try next:

  API documentation   {url}/docs
  Write as the patient, in another terminal:
    {shown} chat --url {url} --user {PATIENT} --group {group}
  and as the doctor, in a third:
    {shown} chat --url {url} --user {DOCTOR} --group {group}
  Or with curl:
    curl -X POST {url}/api/message/send -H 'X-User-Id: {PATIENT}' \\
      -H 'Content-Type: application/json' \\
      -d '{{"group_id":"{group}","content":"38.5 degrees, and a sore throat"}}'
    curl -H 'X-User-Id: {DOCTOR}' '{url}/api/message/list?group_id={group}&page_size=3'
  Database and logs   {data}
""",
        highlight=False,
        markup=True,
    )
    with suppress(KeyboardInterrupt):
        signal.pause()


def _free(wanted: int | None, default: int) -> int:
    """A port that was asked for is used or refused; the default gives way to a free one."""
    if wanted is not None:
        return wanted
    for port in (default, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as probe:
            return int(probe.getsockname()[1])
    return stop("--port: no free port on 127.0.0.1")
