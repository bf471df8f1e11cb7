import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_service.pieces import pieces_of, words_of


@given(st.text())
def test_joined_they_are_the_text(text: str) -> None:
    """To the character, whatever it is."""
    assert "".join(pieces_of(text)) == text
    assert "".join(words_of(text)) == text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("Hello you \n", ["Hello", " you", " \n"]),
        ("您好！我是本群的助手", ["您好！我是本群的", "助手"]),
    ],
)
def test_pieces_are_short(text: str, pieces: list[str]) -> None:
    """Also where the language puts no spaces."""
    assert pieces_of(text) == pieces


def test_words_are_whole() -> None:
    """Each has the space before it."""
    assert words_of("characters. extraordinary ") == ["characters.", " extraordinary", " "]
