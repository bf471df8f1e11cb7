from typing import Literal

Role = Literal["PATIENT", "DOCTOR", "AI_ASSISTANT"]
"""What a person is in the system, or in one group; routing looks only at the group's."""

Mode = Literal["auto", "mention", "off"]
"""Whom the AI answers in a group."""
