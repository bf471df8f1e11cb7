import random
import socket
from contextlib import suppress

from app.up.problems import UpError

HOST = "127.0.0.1"
LOWEST, HIGHEST = 20000, 32000
"""Below the ports that the system lends to outgoing connections, one of which could take a port
while its program is being started again."""


def free_port() -> int:
    for port in random.sample(range(LOWEST, HIGHEST), 200):
        if is_free(port):
            return port
    raise UpError(f"no free port on {HOST} between {LOWEST} and {HIGHEST}")


def chosen_or_free(wanted: int | None, default: int) -> int:
    """A port that was asked for is used or refused; the default gives way to a free one."""
    if wanted is None:
        return default if is_free(default) else free_port()
    if not is_free(wanted):
        raise UpError(
            f"--port: {wanted} on {HOST} is in use; stop what listens there, or name another"
        )
    return wanted


def is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server((HOST, port)):
        return True
    return False


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False
