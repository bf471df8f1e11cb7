"""Words that are there, and not denied: "no chest pain" must raise no alarm."""

import re

_LOOK_AROUND = 60

_FILLER = (
    r"(?:\s+(?:any|an?|the|of|my|more|longer|really|have|has|had|having|got|get|gets|feel|feeling"
    r"|been|in|signs?|severe|bad|strong|high|chest|stomach|back|joint|muscle|trouble|difficulty))*"
)
_NOT = (
    r"\b(?:no|not|without|never|nor|denies|(?:do|does|did|have|has|had|is|are|was)n'?t)" + _FILLER
)
_COMPLAINT = (
    r"(?:fever|cough|headaches?|rash|vomiting|nausea|dizziness|diarrh?o?ea|bleeding"
    r"|chest pain|sore throat|stomach ache|short(?:ness)? of breath|pain|chills)"
)
_NOT_ZH = (
    "(?:(?<!有)没有|没|无|未|(?<!是)不是|不(?!是)|否认)"
    "(?:任何|什么|明显|再|出现|感觉|感到|觉得|过|太|很)*"
)
_COMPLAINT_ZH = (
    "(?:发烧|发热|咳嗽|头痛|头疼|头晕|胸痛|胸闷|腹痛|腹泻|肚子痛|恶心|呕吐|呼吸困难|气短|皮疹|出血)"
)
_DENIED = re.compile(
    rf"{_NOT}(?:\s+{_COMPLAINT}(?:\s*,\s*{_COMPLAINT})*\s*,?\s+(?:or|nor){_FILLER})?\s*$"
    rf"|{_NOT_ZH}(?:{_COMPLAINT_ZH}[、和或及与])*\s*$"
)
_LIST_BEGUN = re.compile(rf"{_NOT}(?:\s+{_COMPLAINT}\s*,)+\s*$")
_LIST_ENDS_IN_OR = re.compile(rf"(?:\s*,\s*{_COMPLAINT})*\s*,?\s+(?:or|nor)\b")


def words(english: str, chinese: str) -> re.Pattern[str]:
    """English alternatives match whole words only; Chinese ones match anywhere."""
    return re.compile(rf"\b(?:{english})\b|{chinese}")


def affirmed(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _denied(match, text) for match in pattern.finditer(text))


def _denied(match: re.Match[str], text: str) -> bool:
    before = max(0, match.start() - _LOOK_AROUND), match.start()
    if _DENIED.search(text, *before):
        return True
    after = match.end(), match.end() + _LOOK_AROUND
    return bool(_LIST_BEGUN.search(text, *before) and _LIST_ENDS_IN_OR.match(text, *after))
