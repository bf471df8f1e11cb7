"""What external services speak. A further protocol is a file here and a line in this table."""

from app.services.ai.calls.protocols.base import AIProtocol, Options
from app.services.ai.calls.protocols.im import ImProtocol
from app.services.ai.calls.protocols.openai import OpenAIProtocol

PROTOCOLS: dict[str, type[AIProtocol]] = {"im": ImProtocol, "openai": OpenAIProtocol}

__all__ = ["PROTOCOLS", "AIProtocol", "Options"]
