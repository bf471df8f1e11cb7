from typing import Any

from app.services.core.websocket_service import WebSocketService


class Sockets:
    """Somebody listens in group_1, and pat has two connections."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def to_group(
        self,
        group_id: str,
        frame: dict[str, Any],
        exclude_user_id: str | None = None,
        *,
        partial: bool = False,
    ) -> int:
        self.sent.append((group_id, frame, exclude_user_id, partial))
        return 3 if group_id == "group_1" else 0

    def to_user(self, user_id: str, frame: dict[str, Any]) -> int:
        self.sent.append((user_id, frame))
        return 2 if user_id == "pat" else 0

    def to_connection(
        self, group_id: str, user_id: str, connection_id: str, frame: dict[str, Any]
    ) -> int:
        self.sent.append((group_id, user_id, connection_id, frame))
        return 1


def test_to_a_group() -> None:
    """Tells how many connections it reached."""
    sockets = Sockets()
    service = WebSocketService(sockets)
    assert service.send_message_to_group("group_1", {"type": "x"}, "eve") == 3
    assert service.send_message_to_group("group_2", {"type": "x"}) == 0
    assert service.send_partial_to_group("group_1", {"type": "y"}) == 3
    assert sockets.sent == [
        ("group_1", {"type": "x"}, "eve", False),
        ("group_2", {"type": "x"}, None, False),
        ("group_1", {"type": "y"}, None, True),
    ]


def test_to_a_connection() -> None:
    """Of one user, in one group."""
    sockets = Sockets()
    assert WebSocketService(sockets).send_to_connection("group_1", "pat", "conn_1", {"type": "x"})
    assert sockets.sent == [("group_1", "pat", "conn_1", {"type": "x"})]


def test_to_a_user() -> None:
    """Tells whether anybody was there."""
    service = WebSocketService(Sockets())
    assert service.send_message_to_user("pat", {"type": "x"})
    assert not service.send_message_to_user("nobody", {"type": "x"})
