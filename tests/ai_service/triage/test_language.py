import pytest

from ai_service.triage.language import Language, language_of


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["我发烧"], "zh"),
        (["𠀀"], "zh"),
        (["fever 发烧"], "zh"),
        (["fever"], "en"),
        (["fièvre"], "en"),
        (["fever", "发烧"], "en"),
        (["38.5", "发烧"], "zh"),
        (["ok 🙂", "发烧"], "zh"),
        (["38.5"], "en"),
        ([], "en"),
    ],
)
def test_the_newest_text_that_shows_a_language_decides(texts: list[str], language: str) -> None:
    """A Chinese patient who answers with a number goes on in Chinese."""
    assert language_of(texts) is Language(language)
