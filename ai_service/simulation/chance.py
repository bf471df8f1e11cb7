from random import Random
from typing import Any

from ai_service.engine import LoadProfile
from ai_service.errors import RateLimitedError, ServiceError
from ai_service.simulation.behaviour import Behaviour, reply_tokens


def drawn(profile: LoadProfile, random: Random, message: str) -> Behaviour:
    """Draws two numbers per request, whatever the profile: a seed's fates stay the same."""
    fate, spread = random.random(), random.uniform(-1, 1)
    tokens = reply_tokens(message, profile.length)
    return Behaviour(
        tokens=tokens,
        latency_s=profile.latency_s * (1 + spread * profile.jitter),
        first_token_delay_s=profile.first_token_delay_s,
        tokens_per_second=profile.tokens_per_second,
        **_fault(profile, fate, len(tokens)),
    )


def _fault(profile: LoadProfile, fate: float, length: int) -> dict[str, Any]:
    """Each rate has its own part of the range from 0 to 1; what is left is answered."""
    faults: list[tuple[float, dict[str, Any]]] = [
        (profile.hang_rate, {"hang": True}),
        (profile.fail_rate, {"error": ServiceError("Simulated, as --fail-rate asks.")}),
        (profile.rate_limit_rate, {"error": RateLimitedError()}),
        (profile.cut_rate, {"cut_after": (length + 1) // 2}),
        (profile.garbage_rate, {"garbage": True}),
        (profile.endless_rate, {"endless": True}),
    ]
    bound = 0.0
    for rate, fault in faults:
        bound += rate
        if fate < bound:
            return fault
    return {}
