import re

_PIECE = re.compile(r"\s*\S{1,8}|\s+")
_WORD = re.compile(r"\s*\S+|\s+")


def pieces_of(text: str) -> list[str]:
    """About as long as a model's tokens; joined they are the text, to the character."""
    return _PIECE.findall(text)


def words_of(text: str) -> list[str]:
    """Each with the space before it; joined they are the text."""
    return _WORD.findall(text)
