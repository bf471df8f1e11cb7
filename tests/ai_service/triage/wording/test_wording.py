import re
from string import Formatter

import pytest

from ai_service.triage.language import Language
from ai_service.triage.turns import Speaker, Turn
from ai_service.triage.vocabulary import Alarm, Phrase, Symptom, Topic
from ai_service.triage.wording import WORDING, Wording

HAN = re.compile("[\u4e00-\u9fff]")
DOSE = re.compile(r"\d+ ?(?:mg|ml|毫克|毫升|片|粒|tablets?|pills?)", re.IGNORECASE)


def texts_of(wording: Wording) -> list[str]:
    symptoms = [(row.name, row.advice, row.see_doctor) for row in wording.symptoms.values()]
    alarms = [(row.name, row.lead, row.meanwhile) for row in wording.alarms.values()]
    rows = [text for row in (*symptoms, *alarms) for text in row]
    return [*rows, *wording.questions.values(), *wording.phrases.values()]


@pytest.mark.parametrize("language", Language)
def test_nothing_is_left_unsaid(language: Language) -> None:
    """Each language has a text for everything that there is to say."""
    wording = WORDING[language]
    assert set(wording.symptoms) == set(Symptom)
    assert set(wording.alarms) == set(Alarm)
    assert set(wording.questions) == set(Topic)
    assert set(wording.phrases) == set(Phrase)


@pytest.mark.parametrize("language", Language)
def test_each_language_keeps_to_itself(language: Language) -> None:
    """No untranslated text, and never the dose of a medicine."""
    for text in texts_of(WORDING[language]):
        assert bool(HAN.search(text)) is (language is Language.CHINESE) or text == "{value} °C"
        assert not DOSE.search(text)


@pytest.mark.parametrize("phrase", Phrase)
def test_both_languages_fill_in_the_same(phrase: Phrase) -> None:
    """A value that one language leaves out would be lost."""
    fields = [
        {name for _, name, _, _ in Formatter().parse(wording.phrases[phrase]) if name}
        for wording in WORDING.values()
    ]
    assert fields[0] == fields[1]


@pytest.mark.parametrize("language", Language)
def test_advice_asks_nothing(language: Language) -> None:
    """Or the next message would be read as an answer to it."""
    for row in WORDING[language].symptoms.values():
        assert Turn.of(Speaker.ASSISTANT, f"{row.advice}\n{row.see_doctor}").questions() == ""


def test_lists_are_joined_as_one_speaks() -> None:
    """One, two, many."""
    listed = WORDING[Language.ENGLISH].listed
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert WORDING[Language.CHINESE].listed(["甲", "乙", "丙"]) == "甲、乙和丙"
