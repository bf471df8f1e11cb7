"""A database at the far end of a network that can be made to fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import make_url

from app.config import load_settings
from app.db.engine import Database, open_database
from tests.support.backends import socket_of
from tests.support.databases import Databases
from tests.support.fault_proxy import FaultProxy


@asynccontextmanager
async def behind_proxy(
    databases: Databases, timeout_s: float
) -> AsyncIterator[tuple[Database, FaultProxy]]:
    url = databases.new()
    async with FaultProxy(socket_of(url)).running() as proxy:
        through = make_url(url).set(host="127.0.0.1", port=proxy.port, query={})
        settings = load_settings(
            database_url=through.render_as_string(hide_password=False), database_timeout=timeout_s
        )
        yield open_database(settings.database), proxy
