"""The command line's options, from text to values.

Every option arrives as text, so that every refusal is the same one line.
"""

import re

from ai_service.engine import EngineFactory, LoadProfile

MAX_LATENCY_S = 3600.0
MAX_PORT = 65535
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s)?")
_SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, None: 1.0}


class OptionError(ValueError):
    def __init__(self, option: str, value: str, expected: str) -> None:
        super().__init__(f"{option}: {value!r} will not do; it must be {expected}")


def port_number(text: str) -> int:
    if re.fullmatch("[0-9]{1,5}", text) and int(text) <= MAX_PORT:
        return int(text)
    expected = f"a port from 1 to {MAX_PORT}, or 0 to let the system choose"
    raise OptionError("--port", text, expected)


def duration_s(option: str, text: str) -> float:
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _SECONDS_PER_UNIT[match[2]] if match else MAX_LATENCY_S + 1
    if seconds <= MAX_LATENCY_S:
        return seconds
    raise OptionError(option, text, "a time of at most one hour such as 1s, 200ms or 0.5 (seconds)")


def fraction(option: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if 0 <= value <= 1:
        return value
    raise OptionError(option, text, "a number from 0 (never) to 1 (always) such as 0.05")


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


def load_profile(
    latency: str, jitter: str, fail_rate: str, hang_rate: str, seed: str | None
) -> LoadProfile:
    profile = LoadProfile(
        latency_s=duration_s("--latency", latency),
        jitter=fraction("--jitter", jitter),
        fail_rate=fraction("--fail-rate", fail_rate),
        hang_rate=fraction("--hang-rate", hang_rate),
        seed=seed_number(seed),
    )
    if profile.fail_rate + profile.hang_rate <= 1:
        return profile
    both = f"{fail_rate} + {hang_rate}"
    raise OptionError("--fail-rate + --hang-rate", both, "1 at most")


def check_profile_used(engine: str, profile: LoadProfile) -> None:
    if engine != "simulate" and profile != LoadProfile():
        names = "--latency, --jitter, --fail-rate, --hang-rate and --seed"
        raise OptionError("--engine", engine, f"simulate where {names} are given")
