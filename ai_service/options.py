"""The command line's options, from text to values.

Every option arrives as text, so that every refusal is the same one line.
"""

import re

from ai_service.durations import duration_in
from ai_service.engine import EngineFactory

MAX_LATENCY_S = 3600.0
MAX_PORT = 65535


class OptionError(ValueError):
    def __init__(self, option: str, value: str, expected: str) -> None:
        super().__init__(f"{option}: {value!r} will not do; it must be {expected}")


def port_number(text: str) -> int:
    if re.fullmatch("[0-9]{1,5}", text) and int(text) <= MAX_PORT:
        return int(text)
    expected = f"a port from 1 to {MAX_PORT}, or 0 to let the system choose"
    raise OptionError("--port", text, expected)


def duration_s(option: str, text: str) -> float:
    seconds = duration_in(text)
    if seconds is not None and seconds <= MAX_LATENCY_S:
        return seconds
    raise OptionError(option, text, "a time of at most one hour such as 1s, 200ms or 0.5 (seconds)")


def fraction(option: str, text: str) -> float:
    value = _number(text)
    if value is not None and 0 <= value <= 1:
        return value
    raise OptionError(option, text, "a number from 0 (never) to 1 (always) such as 0.05")


def rate(option: str, text: str | None, most: float) -> float | None:
    value = _number(text)
    if value is None or 0 < value <= most:
        return value
    raise OptionError(option, text or "", f"a number above 0, of at most {most:g}")


def number_between(option: str, text: str | None, most: float) -> float | None:
    value = _number(text)
    if value is None or 0 <= value <= most:
        return value
    raise OptionError(option, text or "", f"a number from 0 to {most:g}")


def count(option: str, text: str | None, most: int) -> int | None:
    if text is None or (re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= most):
        return None if text is None else int(text)
    raise OptionError(option, text, f"a whole number from 1 to {most}")


def seed_number(text: str | None) -> int | None:
    if text is None or re.fullmatch("-?[0-9]{1,18}", text):
        return None if text is None else int(text)
    raise OptionError("--seed", text, "a whole number such as 42")


def key(text: str | None) -> str | None:
    if text is None or text.strip():
        return None if text is None else text.strip()
    raise OptionError("--api-key", text, "a word that callers send, or be left out")


def factory(name: str, factories: dict[str, EngineFactory]) -> EngineFactory:
    if name in factories:
        return factories[name]
    raise OptionError("--engine", name, f"one of {', '.join(factories)}")


def _number(text: str | None) -> float | None:
    """What is no number is -1, which no option takes."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return -1.0
