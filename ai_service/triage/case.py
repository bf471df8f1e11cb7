from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from ai_service.triage.vocabulary import Alarm, Symptom, Topic, Trait


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a patient, from one message or from many."""

    symptoms: frozenset[Symptom] = frozenset()
    traits: frozenset[Trait] = frozenset()
    alarms: frozenset[Alarm] = frozenset()
    asked: frozenset[Topic] = frozenset()
    answered: frozenset[Topic] = frozenset()
    onset: str | None = None
    temperature_c: float | None = None
    severity: int | None = None

    def fever_of(self, least_c: float) -> bool:
        return self.temperature_c is not None and self.temperature_c >= least_c

    def with_later(self, later: "Case") -> "Case":
        """Facts add up; of measured values the later one holds."""
        return Case(
            symptoms=self.symptoms | later.symptoms,
            traits=self.traits | later.traits,
            alarms=self.alarms | later.alarms,
            asked=self.asked | later.asked,
            answered=self.answered | later.answered,
            onset=later.onset or self.onset,
            temperature_c=self.temperature_c
            if later.temperature_c is None
            else later.temperature_c,
            severity=self.severity if later.severity is None else later.severity,
        )


def merged(cases: Iterable[Case]) -> Case:
    return reduce(Case.with_later, cases, Case())
