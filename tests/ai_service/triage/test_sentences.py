import pytest

from ai_service.triage import Speaker, Turn, sentences
from ai_service.triage.situation import Situation, survey


def told(text: str) -> Situation:
    return survey([Turn.of(Speaker.PATIENT, text)])


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("headache, 38.5, 4/10", ["I have noted: 38.5 °C, strength 4 of 10."]),
        ("a cough since today", ["I have noted: since today."]),
        ("headache 101.3 f", ["I have noted: 38.5 °C."]),
        ("headache", []),
        ("since today", []),
    ],
)
def test_what_was_measured_is_repeated(text: str, noted: list[str]) -> None:
    """So that a mistake shows; without a complaint there is nothing to note it for."""
    assert sentences.noted(told(text)) == noted


def test_without_a_red_flag_there_is_no_reminder() -> None:
    """Nobody is to be frightened."""
    assert sentences.reminder(told("cough")) == []
    assert sentences.reminder(told("胸痛"))[0].startswith("目前最重要的")
