"""One call to an external AI service: what it speaks, its clocks, bounds and circuit breaker."""

from app.services.ai.calls.caller import AICaller, Answer, Heard, ignore

__all__ = ["AICaller", "Answer", "Heard", "ignore"]
