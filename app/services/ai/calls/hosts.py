"""AI_ALLOWED_HOSTS: where questions and keys may go."""

import asyncio
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from app.config import SettingsError
from app.services.ai.calls.faults import HostRefused, Unreachable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAME = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*\.?")


class AllowedHosts:
    """Names are compared as they are written. Where only addresses and networks are listed, a name
    is resolved at each call, and the call goes to the address that was looked at."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[Network] = []
        for entry in entries:
            self._add(entry)

    def check(self, setting: str, url: str) -> None:
        """Raises SettingsError."""
        host = _host(url)
        if self._is_listed(host) or self._must_resolve(host):
            return
        raise SettingsError(f"{setting}: its host {host} is not in AI_ALLOWED_HOSTS")

    async def address_of(self, url: str) -> str | None:
        """The address to connect to; None where the host may be used as it is."""
        host = _host(url)
        if self._is_listed(host):
            return None
        for address in await _resolve(host):
            if self._in_networks(address):
                return str(address)
        raise HostRefused

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            if not _NAME.fullmatch(entry):
                msg = "must be host names, IP addresses or networks such as 10.0.0.0/8"
                raise SettingsError(f"AI_ALLOWED_HOSTS: {msg}, comma-separated") from None
            self._names.add(entry.lower().rstrip("."))

    def _is_listed(self, host: str) -> bool:
        if not self._names and not self._networks:
            return True
        address = _as_address(host)
        return host in self._names if address is None else self._in_networks(address)

    def _must_resolve(self, host: str) -> bool:
        return not self._names and _as_address(host) is None

    def _in_networks(self, address: Address) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in network for network in self._networks)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def _as_address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


async def _resolve(host: str) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        raise Unreachable from error
    return [ip_address(address[0]) for *_, address in found]
