"""A medical triage conversation by rules and tables; it neither diagnoses nor names doses."""

from ai_service.triage.dialogue import answer
from ai_service.triage.turns import Speaker, Turn

__all__ = ["Speaker", "Turn", "answer"]
