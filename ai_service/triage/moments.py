"""Since when, and of which age, in what a patient writes.

Every repetition is bounded, so that no text can make a search slow.
"""

import re

_COUNT = (
    r"(?:(?<!\d)\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|(?:a )?few|several|a couple of)"
)
_UNIT = "(?:minutes?|hours?|days?|nights?|weeks?|months?|years?)"
_PART = "(?:morning|noon|afternoon|evening|night)"
_WEEKDAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MOMENT = (
    rf"(?:(?:the |last |this |early |late ){{0,3}}"
    rf"(?:yesterday|today|{_PART}|weekend|week|month|year|{_WEEKDAY})(?: {_PART})?"
    rf"|(?:about |around )?{_COUNT} {_UNIT}(?: ago)?)"
)
_NUMERAL_ZH = "0-9一二两三四五六七八九十几半"
_COUNT_ZH = f"(?<![{_NUMERAL_ZH}])[{_NUMERAL_ZH}]{{1,4}}"
_UNIT_ZH = "(?:分钟|个?多?小时|个?多?钟头|天|日|周|个?多?星期|个?多?礼拜|个多?月|年)"
_ABOUT_ZH = "(?:大概|大约|差不多|已经|快)?"
_PART_ZH = "(?:早上|上午|中午|下午|晚上|夜里|半夜|凌晨)"
_NOT_HOW_OFTEN = f"(?![{_NUMERAL_ZH}]{{0,4}}[次片粒顿])"

_ONSET = re.compile(
    rf"\bsince {_MOMENT}|\b(?:about |around )?{_COUNT} {_UNIT} ago\b"
    rf"|\bfor (?:about |around |over |the (?:last|past) ){{0,2}}{_COUNT} {_UNIT}\b"
    rf"|\b(?:yesterday(?: {_PART})?|today|this {_PART}"
    rf"|last (?:night|week|month|weekend|{_WEEKDAY})|all (?:day|night))\b"
    "|[从自]?(?:大?前天|昨[天晚夜]|今[天早晨晚]|上个?(?:周|月|星期|礼拜)[一二三四五六日天末]?"
    f"|(?:周|星期)[一二三四五六日天末]|刚[才刚]|这[几两]天){_PART_ZH}?(?:开始|起)?"
    f"|[从自]?{_PART_ZH}(?:开始|起)|{_ABOUT_ZH}{_COUNT_ZH}{_UNIT_ZH}(?:多|半)?(?:以?前|开始)",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"\b{_COUNT} {_UNIT}\b|{_ABOUT_ZH}{_COUNT_ZH}{_UNIT_ZH}{_NOT_HOW_OFTEN}(?:多|半)?了?",
    re.IGNORECASE,
)
_AGE = re.compile(
    rf"\d{{1,3}}[ -]?{_UNIT}[ -]old|\d{{1,2}}[ -]weeks? (?:\w{{1,20}} )?pregnant"
    rf"|\bpregnan\w{{1,3}} [^,.]{{0,20}}?{_UNIT}|\d{{1,2}}个?月大|[{_NUMERAL_ZH}]{{1,4}}岁半?"
    r"|怀孕[^,。]{0,4}[周月天]|孕\d{1,2}周|每[天日周]",
    re.IGNORECASE,
)
_MONTHS_OLD = re.compile(r"\d ?(?:months?|weeks?|days?|个?月|周|天)")
_YEARS_OLD = re.compile(
    r"(?<!i am )(?<!i'm )(?<!\d)\d{1,3}[ -]?(?:years?|yrs?|yo)\b"
    f"|(?<!我)(?<!我今年)(?<![{_NUMERAL_ZH}])[{_NUMERAL_ZH}]{{1,4}}岁"
)


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
    return bool(_MONTHS_OLD.search(text)) and not says_years_old(text)
