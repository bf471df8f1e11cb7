import re
from collections.abc import Iterable
from enum import StrEnum


class Language(StrEnum):
    CHINESE = "zh"
    ENGLISH = "en"


_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ENGLISH_WORD = re.compile("[A-Za-z]{3}")


def language_of(texts: Iterable[str]) -> Language:
    """The first text that shows a language decides: "38.5" or "ok" alone shows none."""
    for text in texts:
        if _HAN.search(text):
            return Language.CHINESE
        if _ENGLISH_WORD.search(text):
            return Language.ENGLISH
    return Language.ENGLISH
