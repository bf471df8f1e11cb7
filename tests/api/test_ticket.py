import httpx2

from tests.api.steps import accepted


async def test_a_ticket_has_the_shape_of_the_contract(http: httpx2.AsyncClient) -> None:
    """Each is another, and says for how long it is good."""
    first, second = [accepted(await http.post("/api/ws-ticket")) for _ in range(2)]

    assert set(first) == {"ticket", "expires_in"}
    assert first["expires_in"] == 30
    assert len(first["ticket"]) >= 32
    assert first["ticket"] != second["ticket"]
