"""The AI's own time for each call, as the AI service tells it (docs/ai-service.md)."""

from dataclasses import dataclass

from bench.groups import client
from bench.program import Target


@dataclass(frozen=True, slots=True)
class OwnTime:
    """Seconds, from the request as read to the first and to the last byte as written."""

    to_first: float
    total: float


async def own_times(ai: Target) -> dict[str, OwnTime]:
    """By record, of which it is the last call. Of very many the AI service has forgotten some."""
    async with client(ai.url) as http:
        answer = await http.get("/stats/times")
        answer.raise_for_status()
        return {
            record_id: OwnTime(told["first_ms"] / 1000, told["total_ms"] / 1000)
            for record_id, told in answer.json().items()
        }
