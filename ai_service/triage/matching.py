"""Words that are there, and not denied: "no chest pain" must raise no alarm."""

import re

_LOOK_BACK = 60

_NOT = r"\b(?:no|not|without|never|nor|denies|(?:do|does|did|have|has|had|is|are|was)n'?t)"
_FILLER = (
    r"(?:\s+(?:any|an?|the|of|my|more|longer|really|have|has|had|having|got|get|gets|feel|feeling"
    r"|been|signs?|severe|bad|strong|high))*"
)
_COMPLAINT = (
    r"(?:fever|cough|headaches?|rash|vomiting|nausea|dizziness|diarrh?o?ea|bleeding"
    r"|chest pain|sore throat|pain|chills)"
)
_NOT_ZH = "(?:没有|没|无|未|不是|不|否认)(?:任何|什么|明显|再|出现|感觉|感到|觉得|过|太|很)*"
_COMPLAINT_ZH = (
    "(?:发烧|发热|咳嗽|头痛|头疼|头晕|胸痛|胸闷|腹痛|腹泻|肚子痛|恶心|呕吐|呼吸困难|气短|皮疹|出血)"
)
_DENIED = re.compile(
    rf"{_NOT}{_FILLER}(?:\s+{_COMPLAINT}(?:\s*,\s*{_COMPLAINT})*\s*,?\s+(?:or|nor){_FILLER})?\s*$"
    rf"|{_NOT_ZH}(?:{_COMPLAINT_ZH}[、和或及与])*\s*$"
)


def words(english: str, chinese: str) -> re.Pattern[str]:
    """English alternatives match whole words only; Chinese ones match anywhere."""
    return re.compile(rf"\b(?:{english})\b|{chinese}")


def affirmed(pattern: re.Pattern[str], text: str) -> bool:
    return any(
        not _DENIED.search(text, max(0, match.start() - _LOOK_BACK), match.start())
        for match in pattern.finditer(text)
    )
