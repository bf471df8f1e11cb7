from ai_service.triage.case import Case, merged
from ai_service.triage.vocabulary import Symptom, Topic


def test_facts_add_up_and_the_later_measurement_holds() -> None:
    """A zero is a measurement too."""
    first = Case(symptoms=frozenset({Symptom.FEVER}), temperature_c=39.0, severity=5, onset="today")
    second = Case(symptoms=frozenset({Symptom.COUGH}), severity=0)
    both = merged([first, second])
    assert both.symptoms == {Symptom.FEVER, Symptom.COUGH}
    assert (both.temperature_c, both.severity, both.onset) == (39.0, 0, "today")


def test_of_nothing_nothing_is_known() -> None:
    """An empty history is a case without facts."""
    assert merged([]) == Case()
    assert not Case(asked=frozenset({Topic.ONSET})).fever_of(0)
