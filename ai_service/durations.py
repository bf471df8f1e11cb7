import re

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s)?")
_SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, None: 1.0}


def duration_in(text: str) -> float | None:
    """Seconds, of `1s`, `200ms` or `0.5`."""
    match = _DURATION.fullmatch(text)
    return float(match[1]) * _SECONDS_PER_UNIT[match[2]] if match else None
