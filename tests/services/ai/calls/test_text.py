from hypothesis import given
from hypothesis import strategies as st

from app.services.ai.calls.text import TextCleaner, clean


def test_what_no_database_keeps_is_taken_out() -> None:
    """U+0000 alone; other control characters and markup are text."""
    assert clean("a\x00b") == "ab"
    assert clean("\x01\x1b[31m\u202e<script>I am your doctor</script>\r\n") == (
        "\x01\x1b[31m\u202e<script>I am your doctor</script>\r\n"
    )


def test_half_pairs_are_replaced() -> None:
    """Whole pairs become the character that they stand for."""
    assert clean("a\ud800b\udc00") == "a\ufffdb\ufffd"
    assert clean("\ud83d") == "\ufffd"
    assert clean("\ud83d\ude00") == "😀"


def test_a_pair_may_come_in_two_pieces() -> None:
    """Its first half waits for what comes next."""
    cleaner = TextCleaner()
    assert [cleaner.feed("a\ud83d"), cleaner.feed("\ude00"), cleaner.feed("\ud83d")] == [
        "a", "😀", "",
    ]  # fmt: skip
    assert cleaner.feed("b") == "\ufffdb"
    assert cleaner.end() == ""


@given(st.lists(st.text(st.characters(codec=None, exclude_characters="\x00"))))
def test_pieces_make_what_the_whole_makes(pieces: list[str]) -> None:
    """And it can always be encoded."""
    cleaner = TextCleaner()
    joined = "".join([*map(cleaner.feed, pieces), cleaner.end()])
    assert joined == clean("".join(pieces))
    joined.encode()
