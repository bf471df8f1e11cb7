from dataclasses import dataclass
from itertools import cycle, islice

from ai_service.errors import ServiceError
from ai_service.pieces import words_of

_WORDS = ("this", "is", "a", "reply", "of", "many", "short", "words")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one simulated answer does, with nothing left to chance."""

    tokens: tuple[str, ...]
    latency_s: float = 0.0
    first_token_delay_s: float = 0.0
    tokens_per_second: float | None = None
    error: ServiceError | None = None
    hang: bool = False
    garbage: bool = False
    endless: bool = False
    cut_after: int | None = None


def reply_tokens(message: str, length: int | None) -> tuple[str, ...]:
    """`length` short words, or else the length of what was said, to be told apart from an echo."""
    if length is None:
        sentence = f"Simulated reply to a message of {len(message)} characters."
        return tuple(words_of(sentence))
    first, *rest = islice(cycle(_WORDS), length)
    return (first, *(f" {word}" for word in rest))
