import socket
from ipaddress import ip_address

BACKLOG = 2048


def is_loopback(host: str | None) -> bool:
    """None stands for a Unix socket, which has no network behind it."""
    if host is None:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def bind(host: str, port: int) -> socket.socket:
    """A listening address of one's own, before anything else starts. Raises OSError."""
    sock = _bound(host, port)
    try:
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def bind_together(host: str, port: int) -> socket.socket:
    """One of several sockets of one address, among which the kernel spreads connections as soon as
    they listen. Raises OSError."""
    return _bound(host, port, socket.SO_REUSEPORT)


def _bound(host: str, port: int, *options: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only with its protocol named does asyncio turn Nagle's algorithm off (40 ms an answer).
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    for option in (socket.SO_REUSEADDR, *options):
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
