import pytest

from ai_service.triage.alarms import SPOKEN, alarms_of, spoken_alarms
from ai_service.triage.case import Case
from ai_service.triage.vocabulary import Alarm, Symptom, Trait

EXAMPLES = {
    Alarm.SUICIDE: "i want to kill myself|i want to die|我不想活了|想自杀",
    Alarm.UNCONSCIOUS: "he passed out|a seizure|晕倒了|抽搐",
    Alarm.BREATHING: "i can't breathe|short of breath|trouble breathing|呼吸困难|喘不上气",
    Alarm.CHEST_PAIN: "chest pain|my chest feels tight, chest tightness|胸口很闷|胸痛",
    Alarm.STROKE: "slurred speech|my left arm is weak|face drooping|嘴歪|说话不清|右手无力",
    Alarm.ANAPHYLAXIS: "my tongue is swelling|swollen lips|嘴唇肿了",
    Alarm.SEVERE_BLEEDING: "it won't stop bleeding|vomiting blood|血流不止|咳血",
    Alarm.POISONING: "an overdose|he swallowed bleach|误服了药|煤气中毒",
    Alarm.SEVERE_PAIN: "unbearable pain|疼得受不了",
}


@pytest.mark.parametrize(
    ("alarm", "text"),
    [(alarm, text) for alarm, texts in EXAMPLES.items() for text in texts.split("|")],
)
def test_a_red_flag_is_heard(alarm: Alarm, text: str) -> None:
    """As people say it, in both languages."""
    assert alarm in spoken_alarms(text)


@pytest.mark.parametrize(
    "text",
    [
        "no chest pain",
        "没有胸痛和呼吸困难",
        "i don't want to die",
        "i don't have any trouble breathing",
        "a cough",
        "i can't see a doctor today",
        "心情不好",
    ],
)
def test_no_red_flag_is_imagined(text: str) -> None:
    """Denied ones and ordinary complaints raise none."""
    assert spoken_alarms(text) == frozenset()


@pytest.mark.parametrize(
    ("case", "alarms"),
    [
        (Case(traits=frozenset({Trait.INFANT}), temperature_c=38.2), [Alarm.INFANT_FEVER]),
        (Case(traits=frozenset({Trait.INFANT}), temperature_c=37.2), []),
        (Case(traits=frozenset({Trait.INFANT, Trait.HIGH_FEVER})), [Alarm.INFANT_FEVER]),
        (
            Case(traits=frozenset({Trait.INFANT, Trait.OLDER_CHILD}), temperature_c=39.0),
            [],
        ),
        (Case(traits=frozenset({Trait.PREGNANT, Trait.BLEEDING})), [Alarm.PREGNANCY]),
        (Case(traits=frozenset({Trait.BLEEDING})), []),
        (
            Case(traits=frozenset({Trait.STIFF_NECK}), symptoms=frozenset({Symptom.FEVER})),
            [Alarm.STIFF_NECK_FEVER],
        ),
        (Case(temperature_c=40.0), [Alarm.VERY_HIGH_FEVER]),
        (Case(severity=9), [Alarm.SEVERE_PAIN]),
        (Case(severity=8, temperature_c=39.9), []),
        (
            Case(severity=10, alarms=frozenset({Alarm.CHEST_PAIN})),
            [Alarm.CHEST_PAIN, Alarm.SEVERE_PAIN],
        ),
    ],
)
def test_facts_together_raise_a_red_flag(case: Case, alarms: list[Alarm]) -> None:
    """The most urgent one comes first."""
    assert list(alarms_of(case)) == alarms


def test_every_spoken_alarm_has_examples() -> None:
    """A new row comes with its sentences."""
    assert set(EXAMPLES) == set(SPOKEN)
