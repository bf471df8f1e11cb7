from typing import Any

import pytest

from app.errors import Unauthenticated
from app.security.tickets import Tickets
from app.services.core.access import Caller
from tests.api.steps import accepted
from tests.security.signing import JWT_MODE, bearer
from tests.support.servers import RunningServer
from tests.support.sockets import open_socket


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_ticket_is_good_once() -> None:
    """For whom it was given, and never again."""
    tickets = Tickets()
    caller = Caller("pat", expires_at=5.0)
    ticket = await tickets.issue(caller)

    assert await tickets.redeem(ticket) is caller
    with pytest.raises(Unauthenticated):
        await tickets.redeem(ticket)


@pytest.mark.parametrize("ticket", ["", "x", "é", "x" * 10_000])
async def test_an_unknown_ticket_is_refused(ticket: str) -> None:
    """Whatever it looks like, and it uses up nobody else's."""
    tickets = Tickets()
    good = await tickets.issue(Caller("pat"))
    with pytest.raises(Unauthenticated):
        await tickets.redeem(ticket)
    assert (await tickets.redeem(good)).user_id == "pat"


async def test_a_ticket_ends_after_30_seconds() -> None:
    """Used or not."""
    clock = Clock()
    tickets = Tickets(clock)
    early, late = await tickets.issue(Caller("a")), await tickets.issue(Caller("b"))
    clock.now += 29.9
    assert (await tickets.redeem(early)).user_id == "a"
    clock.now += 0.2
    with pytest.raises(Unauthenticated):
        await tickets.redeem(late)


async def test_unused_tickets_are_forgotten() -> None:
    """A client that asks for ever new ones does not fill the memory."""
    clock = Clock()
    tickets = Tickets(clock)
    for _ in range(100):
        await tickets.issue(Caller("pat"))
        clock.now += 1
    assert len(tickets) <= 31


@pytest.mark.parametrize("server_settings", [JWT_MODE], ids=["jwt"])
@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_ticket_opens_the_socket_of_its_user_once(
    server: RunningServer, server_settings: dict[str, Any]
) -> None:
    """Nobody else's socket, and no second one: 4503 and 4500 tell clients not to come back."""
    async with server.http() as http:
        tickets = [
            accepted(await http.post("/api/ws-ticket", headers=bearer("pat")))["ticket"]
            for _ in range(2)
        ]
    query = f"?ticket={tickets[0]}"
    async with open_socket(server.ws_url, "pat", query=query) as socket:
        assert socket.connected["user_id"] == "pat"
    for user_id, ticket, code in (("pat", tickets[0], 4500), ("eve", tickets[1], 4503)):
        query = f"?ticket={ticket}"
        async with open_socket(server.ws_url, user_id, query=query, greeted=False) as socket:
            assert await socket.closed() == code
