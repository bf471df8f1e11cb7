"""A slow, failing or misbehaving AI, by chance or by script."""

from ai_service.simulation.chance import drawn
from ai_service.simulation.playing import play
from ai_service.simulation.script import script_in

__all__ = ["drawn", "play", "script_in"]
