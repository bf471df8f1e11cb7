"""Numbers and times in what a patient writes."""

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

_COUNT = (
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|(?:a )?few|several|a couple of)"
)
_UNIT = "(?:minutes?|hours?|days?|nights?|weeks?|months?|years?)"
_PART = "(?:morning|noon|afternoon|evening|night)"
_WEEKDAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MOMENT = (
    rf"(?:(?:the |last |this |early |late )*(?:yesterday|today|morning|noon|afternoon|evening|night"
    rf"|weekend|week|month|year|{_WEEKDAY})(?: {_PART})?"
    rf"|(?:about |around )?{_COUNT} {_UNIT}(?: ago)?)"
)
_COUNT_ZH = "(?:[0-9]+|[一二两三四五六七八九十几半])+"
_UNIT_ZH = "(?:分钟|个?多?小时|个?多?钟头|天|日|周|个?多?星期|个?多?礼拜|个多?月|年)"
_TIMES_PER = "(?![0-9一二两三四五六七八九十几]*[次片粒顿])"
_PART_ZH = "(?:早上|上午|中午|下午|晚上|夜里|半夜|凌晨)"

_ONSET = re.compile(
    rf"\bsince {_MOMENT}|\b(?:about |around )?{_COUNT} {_UNIT} ago\b|\bfor (?:about |around |over "
    rf"|the (?:last|past) )*{_COUNT} {_UNIT}\b"
    rf"|\b(?:yesterday(?: {_PART})?|today|this {_PART}"
    rf"|last (?:night|week|month|weekend|{_WEEKDAY})|all (?:day|night))\b"
    rf"|(?:[从自])?(?:大?前天|昨[天晚夜]|今[天早晨晚]|上个?(?:周|月|星期|礼拜)[一二三四五六日天末]?"
    rf"|(?:周|星期)[一二三四五六日天末]|刚[才刚]|这[几两]天){_PART_ZH}?(?:开始|起)?"
    rf"|[从自]?{_PART_ZH}(?:开始|起)"
    rf"|(?:大概|大约|差不多|已经)?{_COUNT_ZH}{_UNIT_ZH}(?:多|半)?(?:以?前|开始)",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"\b{_COUNT} {_UNIT}\b"
    rf"|(?:大概|大约|差不多|已经|快)?{_COUNT_ZH}{_UNIT_ZH}{_TIMES_PER}(?:多|半)?了?",
    re.IGNORECASE,
)
_AGE = re.compile(
    rf"\d+[ -]?(?:years?|months?|weeks?|days?)[ -]old|\d+[ -]weeks? (?:\w+ )?pregnant"
    rf"|\bpregnan\w+ [^,.]*?{_UNIT}|\d+个?月大|[0-9一二两三四五六七八九十几]+岁半?"
    r"|怀孕[^,。]{0,4}[周月天]|孕\d+周|每[天日周]",
    re.IGNORECASE,
)
_MONTHS = re.compile(r"\d+\s*(?:months?|weeks?|days?|个?月|周|天)")
_YEARS_OLD = re.compile(
    r"(?<!i am )(?<!i'm )(?<!\d)\d+[ -]?(?:years?|yrs?|yo)\b"
    r"|(?<!我)(?<!我今年)(?<!\d)(?:\d+|[一二两三四五六七八九十]+)岁"
)


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


def onset(text: str, *, bare: bool) -> str | None:
    """In the patient's words; `bare`: may "two weeks" alone be meant, rather than an age?"""
    rest = _AGE.sub(" ", text)
    match = _ONSET.search(rest) or (_DURATION.search(rest) if bare else None)
    return match[0].strip() if match else None


def says_years_old(text: str) -> bool:
    """Of a child, not of the writer."""
    return bool(_YEARS_OLD.search(text))


def says_months_old(text: str) -> bool:
    """For an answer to the question of a child's age."""
    return bool(_MONTHS.search(text)) and not says_years_old(text)
