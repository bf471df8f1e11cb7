"""What `im serve` does in the process that serves, apart from one that only watches others."""

import gc
import signal
import socket
import sys
from types import FrameType

from app.bootstrap import build, prepare_database
from app.cli.serve import listen, say_address
from app.cli.starting import stopping_on_start_errors
from app.config import Settings
from app.main import create_app
from app.server import Server
from app.supervisor.link import Link

SWITCH_SECONDS = 0.0001
"""How long a database thread with an answer in hand waits for a busy event loop to let it run;
Python's own 5 ms are longer than a whole batch takes."""


def run_service(settings: Settings, fd: int | None, link: int | None) -> None:
    """`fd`: a listening socket that was inherited; `link`: what leads to the parent."""
    parent = None if link is None else Link(link)
    with stopping_on_start_errors():
        container = build(settings)
        sock = listen(settings) if fd is None else socket.socket(fileno=fd)
        prepare_database(container.database, settings)
    if parent is None:
        say_address(settings, sock)
    app = create_app(settings, container)
    server = Server(app, settings, parent.ready if parent else lambda: None)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: walking it again would hold up a message for 50 ms
    sys.setswitchinterval(SWITCH_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_cleanly)  # uvicorn raises the signal again when it has stopped
    server.run(sockets=[sock])


def _exit_cleanly(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
