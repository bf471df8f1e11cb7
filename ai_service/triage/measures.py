"""Temperature and strength of pain in what a patient writes."""

import re

FAHRENHEIT_FROM = 93.0
_CELSIUS = (34.0, 43.0)
_FAHRENHEIT = (FAHRENHEIT_FROM, 110.0)

_OTHER_UNIT = (
    r"(?![\d%/]|\.\d|\s*(?:岁|周|天|日|年|个|斤|公斤|分|次|片|粒|号|点|years?|yrs?|yo\b|weeks?|days?|hours?"
    r"|months?|minutes?|kg|cm|mg|ml|pounds?|lbs?|times?|percent|o'?clock|am\b|pm\b|mm))"
)
_TEMPERATURE = re.compile(
    rf"(?<![\d./])(?<!i'm )(?<!i am )(?<!aged )(?<!age )(\d{{2,3}})(?:[.](\d{{1,2}}))?{_OTHER_UNIT}"
    r"\s*(度(?P<tenth>\d)?|°\s*[cf]?|degrees?|[cf]\b)?"
)
_ABOUT_TEMPERATURE = re.compile("fever|temp|烧|体温|热|温度|度")

_RATED = re.compile(
    r"(?<![\d.])(10|\d)\s*(?:/|out of|of)\s*(?:10|ten)(?![\d/])|(?<![\d.])(10|\d)\s*分(?!钟)"
)
_BARE_RATING = re.compile(rf"(?<![\d.])(10|\d){_OTHER_UNIT}")


def temperature_c(text: str, *, asked: bool) -> float | None:
    """A number counts where something shows that it is a body temperature."""
    told = asked or bool(_ABOUT_TEMPERATURE.search(text))
    for match in _TEMPERATURE.finditer(text):
        if told or match[2] or match[3]:
            value = float(f"{match[1]}.{match[2] or match['tenth'] or 0}")
            if _CELSIUS[0] <= value <= _CELSIUS[1]:
                return value
            if _FAHRENHEIT[0] <= value <= _FAHRENHEIT[1]:
                return (value - 32) * 5 / 9
    return None


def severity(text: str, *, asked: bool) -> int | None:
    """From 0 to 10; a bare number counts only as the answer to the question."""
    if match := _RATED.search(text):
        return int(match[1] or match[2])
    match = _BARE_RATING.search(text) if asked else None
    return int(match[1]) if match else None
