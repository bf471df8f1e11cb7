import pytest

from ai_service.triage.turns import MAX_QUOTE, Speaker, Turn


def turn(raw: str) -> Turn:
    return Turn.of(Speaker.PATIENT, raw)


def test_the_matched_text_is_normalised() -> None:
    """Full-width digits, curly apostrophes and capitals are written in many ways."""
    assert turn("３８．５℃ Don’t").text == "38.5°c don't"


def test_addresses_are_not_matched() -> None:
    """A file's name is no symptom, but what follows it may be."""
    assert turn("看https://a.b/fever.png胸痛").text == "看 胸痛"


@pytest.mark.parametrize("raw", ["http://a.b/c", " HTTPS://a.b/c.png"])
def test_a_link_is_recognised(raw: str) -> None:
    """Pictures arrive as addresses."""
    assert turn(raw).is_link()
    assert not turn(f"see {raw}").is_link()


def test_questions_and_statements_are_told_apart() -> None:
    """By the mark, by Chinese particles, by the first word."""
    mixed = turn("I take aspirin. Is it bad? can I run\n我吃了药。要紧吗")
    assert mixed.statements() == "i take aspirin. 我吃了药。"
    assert mixed.questions().split() == ["is", "it", "bad?", "can", "i", "run", "要紧吗"]


def test_a_quote_is_short_and_on_one_line() -> None:
    """A long message is cut, with a sign that it was."""
    assert turn("a\n b").quote() == "a b"
    assert turn("a" * 200).quote() == "a" * MAX_QUOTE + "…"


@pytest.mark.parametrize(("raw", "words"), [("?! 🙂", False), ("a", True), ("38", True)])
def test_words_are_told_from_signs(raw: str, words: bool) -> None:
    """An emoji alone says nothing that could be quoted back."""
    assert turn(raw).has_words() is words
