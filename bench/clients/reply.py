from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """Of the AI to one message; times are of `bench.clients.user.clock`. Asked directly, the AI
    knows no messages' ids. `deltas` counts the frames; `whole` is False where the deltas, joined,
    are not the reply."""

    sent_at: float
    received_at: float
    first_delta_at: float | None
    user_message_id: str = ""
    message_id: str = ""
    whole: bool = True
    deltas: int = 0

    @property
    def total(self) -> float:
        return self.received_at - self.sent_at

    @property
    def to_first_delta(self) -> float | None:
        return None if self.first_delta_at is None else self.first_delta_at - self.sent_at
