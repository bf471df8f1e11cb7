"""A group whose messages have no numbers, but must look the same to all."""

from bench.clients.room import Room


class Order(Room):
    """What the first member has seen as its k-th message, every other must see as its k-th."""

    def __init__(self, members: int) -> None:
        super().__init__(members)
        self._keys: list[bytes] = []
        self._known: set[bytes] = set()

    def fault(self, key: bytes, due: int) -> str | None:
        """What is wrong with this message as a member's message number `due`, counted from 1."""
        if due <= len(self._keys):
            return None if self._keys[due - 1] == key else f"message {due} is not what others saw"
        if key in self._known:
            return f"message {due} came a second time"
        self._keys.append(key)
        self._known.add(key)
        return None
