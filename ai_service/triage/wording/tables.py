from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ai_service.triage.vocabulary import Alarm, Phrase, Symptom, Topic


@dataclass(frozen=True, slots=True)
class SymptomWording:
    name: str
    advice: str
    see_doctor: str


@dataclass(frozen=True, slots=True)
class AlarmWording:
    name: str
    lead: str
    meanwhile: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that is said in one language."""

    symptoms: Mapping[Symptom, SymptomWording]
    alarms: Mapping[Alarm, AlarmWording]
    questions: Mapping[Topic, str]
    phrases: Mapping[Phrase, str]
    comma: str
    last_comma: str
    space: str

    def say(self, phrase: Phrase, **values: str) -> str:
        return self.phrases[phrase].format(**values)

    def listed(self, items: Sequence[str]) -> str:
        *first, last = items
        return self.comma.join(first) + self.last_comma + last if first else last

    def names(self, symptoms: Sequence[Symptom]) -> str:
        return self.listed([self.symptoms[symptom].name for symptom in symptoms])
