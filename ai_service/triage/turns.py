import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum, auto

_URL = re.compile(r"https?://[^\s\u3000-\u9fff\uff00-\uffef]*", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.?!。;\n]+[.?!。;\n]?")
_QUESTION = re.compile(
    r"[?]|吗|什么|怎么|多少|能不能|可不可以"
    r"|^\s*(?:can|could|should|shall|may|what|which|how|do|does|is|are)\b"
)
MAX_QUOTE = 80


class Speaker(StrEnum):
    PATIENT = auto()
    DOCTOR = auto()
    ASSISTANT = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """One message; `plain` is without addresses and in NFKC, `text` is that in lower case."""

    speaker: Speaker
    raw: str
    plain: str
    text: str

    @classmethod
    def of(cls, speaker: Speaker, raw: str) -> "Turn":
        plain = unicodedata.normalize("NFKC", _URL.sub(" ", raw)).replace("’", "'")
        return cls(speaker, raw, plain, plain.lower())

    def is_link(self) -> bool:
        return self.raw.lstrip().lower().startswith(("http://", "https://"))

    def has_words(self) -> bool:
        return any(character.isalnum() for character in self.plain)

    def questions(self) -> str:
        return " ".join(part for part in self._sentences() if _QUESTION.search(part))

    def statements(self) -> str:
        return " ".join(part for part in self._sentences() if not _QUESTION.search(part))

    def quote(self) -> str:
        """The beginning of what was written, on one line."""
        line = " ".join(_URL.sub(" ", self.raw).split())
        return line if len(line) <= MAX_QUOTE else f"{line[:MAX_QUOTE].rstrip()}…"

    def _sentences(self) -> list[str]:
        return _SENTENCE.findall(self.text)
