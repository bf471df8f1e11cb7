from typing import Any, Protocol


class Push(Protocol):
    """What carries frames to sockets; the core does not know how. All count the connections of
    this process that the frame was queued for."""

    def to_group(
        self,
        group_id: str,
        frame: dict[str, Any],
        exclude_user_id: str | None = None,
        *,
        partial: bool = False,
    ) -> int: ...
    def to_user(self, user_id: str, frame: dict[str, Any]) -> int: ...
    def to_connection(
        self, group_id: str, user_id: str, connection_id: str, frame: dict[str, Any]
    ) -> int: ...


class WebSocketService:
    """Ephemeral frames, which nobody can ask for again; messages go through MessageService."""

    def __init__(self, push: Push) -> None:
        self._push = push

    def send_message_to_group(
        self, group_id: str, message: dict[str, Any], exclude_user_id: str | None = None
    ) -> int:
        return self._push.to_group(group_id, message, exclude_user_id)

    def send_partial_to_group(self, group_id: str, message: dict[str, Any]) -> int:
        """To those who want to hear of what is not whole yet."""
        return self._push.to_group(group_id, message, partial=True)

    def send_to_connection(
        self, group_id: str, user_id: str, connection_id: str, message: dict[str, Any]
    ) -> int:
        """Behind what the group has been told."""
        return self._push.to_connection(group_id, user_id, connection_id, message)

    def send_message_to_user(self, user_id: str, message: dict[str, Any]) -> bool:
        return self._push.to_user(user_id, message) > 0
