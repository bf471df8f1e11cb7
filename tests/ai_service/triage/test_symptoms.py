import re

import pytest

from ai_service.triage.matching import affirmed
from ai_service.triage.symptoms import SYMPTOMS, TOPICS, TRAITS
from ai_service.triage.vocabulary import Symptom, Trait

EXAMPLES: dict[Symptom | Trait, str] = {
    Symptom.FEVER: "a fever|我发烧了|烧到39|🤒",
    Symptom.HEADACHE: "my head hurts|a bad headache|头很疼|头也疼|头一直痛|偏头痛",
    Symptom.COUGH: "i keep coughing|咳个不停",
    Symptom.SORE_THROAT: "a sore throat|嗓子疼|喉咙有点痒",
    Symptom.COLD: "a runny nose|i have a cold|流鼻涕|感冒",
    Symptom.STOMACH_ACHE: "stomach ache|my belly hurts|肚子疼|胃不舒服",
    Symptom.DIARRHOEA: "diarrhoea|diarrhea|拉肚子",
    Symptom.VOMITING: "i threw up|nausea|恶心想吐",
    Symptom.CONSTIPATION: "constipated|便秘",
    Symptom.RASH: "an itchy rash|身上起疹子|皮肤很痒",
    Symptom.DIZZINESS: "i feel dizzy|头晕",
    Symptom.INSOMNIA: "i can't sleep|失眠|睡不着",
    Symptom.LOW_MOOD: "i am anxious|心情很差|压力大",
    Symptom.INJURY: "i twisted my ankle|i cut myself|摔了一跤|被狗咬了",
    Symptom.MUSCLE_PAIN: "my knee hurts|back pain|腰疼|膝盖痛",
    Symptom.TOOTHACHE: "toothache|牙疼",
    Symptom.EARACHE: "earache|耳鸣",
    Symptom.EYE_TROUBLE: "my eyes are red|眼睛很干",
    Symptom.URINARY: "burning when i pee|尿频",
    Symptom.NUMBNESS: "my hand is numb|手发麻",
    Symptom.PALPITATIONS: "my heart is racing|心慌",
    Symptom.FATIGUE: "so tired|浑身无力",
    Symptom.PAIN: "it hurts|疼",
    Symptom.UNWELL: "i feel unwell|不舒服",
    Trait.CHILD: "my son|my 3 year old|孩子",
    Trait.INFANT: "my baby|8 months old|宝宝|8个月大",
    Trait.PREGNANT: "i am pregnant|怀孕",
    Trait.HIGH_FEVER: "a high fever|高烧",
    Trait.BLEEDING: "i am bleeding|见红",
    Trait.STIFF_NECK: "a stiff neck|脖子僵硬",
}
PATTERNS = dict[Symptom | Trait, re.Pattern[str]]([*SYMPTOMS.items(), *TRAITS.items()])


@pytest.mark.parametrize(
    ("subject", "text"),
    [(subject, text) for subject, texts in EXAMPLES.items() for text in texts.split("|")],
)
def test_it_is_recognised(subject: Symptom | Trait, text: str) -> None:
    """As people say it, in both languages."""
    assert affirmed(PATTERNS[subject], text)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (Symptom.FEVER, "hay fever"),
        (Symptom.HEADACHE, "我骨头疼"),
        (Symptom.RASH, "嗓子痒"),
        (Symptom.COLD, "a cold drink"),
        (Trait.INFANT, "baby aspirin"),
        (Trait.INFANT, "i am expecting a baby"),
        (Trait.BLEEDING, "my blood pressure"),
        (Trait.CHILD, "my back"),
    ],
)
def test_it_is_not_mistaken(subject: Symptom | Trait, text: str) -> None:
    """Words that look alike mean something else."""
    assert not affirmed(PATTERNS[subject], text)


def test_every_symptom_has_its_row() -> None:
    """A symptom without pattern, example or questions would be forgotten."""
    assert set(SYMPTOMS) == set(Symptom)
    assert set(EXAMPLES) >= set(Symptom)
    assert set(TOPICS) == {*Symptom, *Trait}
