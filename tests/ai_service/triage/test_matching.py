import pytest

from ai_service.triage.matching import affirmed, words

COUGH = words("cough|chest pain", "咳嗽|胸痛")


@pytest.mark.parametrize(
    "text",
    [
        "a cough",
        "no, i have chest pain",
        "no fever but a cough",
        "no fever and chest pain",
        "no fever, chest pain",
        "i don't know why i cough",
        "no cough yesterday, but cough today",
        "没发烧，咳嗽",
        "不知道为什么咳嗽",
        "没吃药胸痛",
        "我是不是咳嗽太多",
        "有没有可能是咳嗽",
    ],
)
def test_what_is_said_counts(text: str) -> None:
    """In doubt it counts: an alarm too many is better than one too few."""
    assert affirmed(COUGH, text)


@pytest.mark.parametrize(
    "text",
    [
        "no cough",
        "i don't have any chest pain",
        "i dont have a cough",
        "without a strong cough",
        "never had chest pain",
        "no longer have a cough",
        "no fever or cough",
        "no fever, cough or chest pain",
        "no headache, fever, or chest pain",
        "没有咳嗽",
        "没有发烧和咳嗽",
        "没有发烧、胸痛",
        "不咳嗽",
        "没有任何胸痛",
        "coughed",
    ],
)
def test_what_is_denied_does_not(text: str) -> None:
    """A denial reaches over a list that ends in "or"."""
    assert not affirmed(COUGH, text)
