from collections.abc import Sequence

from ai_service.triage import measures, moments
from ai_service.triage.alarms import spoken_alarms
from ai_service.triage.case import Case
from ai_service.triage.matching import affirmed
from ai_service.triage.questions import topics_asked, topics_volunteered
from ai_service.triage.symptoms import SYMPTOMS, TRAITS
from ai_service.triage.turns import Speaker, Turn
from ai_service.triage.vocabulary import Symptom, Topic, Trait

FEVER_FROM_C = 37.5
_AGES = frozenset({Topic.CHILD_AGE, Topic.PREGNANCY_WEEK})


def read(turns: Sequence[Turn]) -> list[Case]:
    """What each message adds; a short answer is read in the light of what came before it."""
    cases: list[Case] = []
    pending: frozenset[Topic] = frozenset()
    for before, turn in zip([None, *turns], turns, strict=False):
        if turn.speaker is Speaker.PATIENT:
            ill = any(case.symptoms for case in cases)
            cases.append(_read_patient(turn, pending, ill=ill))
            continue
        asked = topics_asked(turn.questions())
        follows_answer = before is not None and before.speaker is Speaker.PATIENT
        pending = asked if follows_answer else pending | asked
        cases.append(Case(asked=asked))
    return cases


def _read_patient(turn: Turn, pending: frozenset[Topic], *, ill: bool) -> Case:
    temperature_c = measures.temperature_c(turn.text, asked=Topic.TEMPERATURE in pending)
    severity = measures.severity(turn.text, asked=Topic.SEVERITY in pending)
    symptoms = _symptoms(turn.text, temperature_c)
    bare = (ill or bool(symptoms)) and not pending & _AGES
    onset = moments.onset(turn.plain, bare=bare)
    measured = {Topic.TEMPERATURE: temperature_c, Topic.SEVERITY: severity, Topic.ONSET: onset}
    known = frozenset(topic for topic, value in measured.items() if value is not None)
    return Case(
        symptoms=symptoms,
        traits=_traits(turn.text, pending),
        alarms=spoken_alarms(turn.text),
        answered=topics_volunteered(turn.statements()) | known,
        onset=onset,
        temperature_c=temperature_c,
        severity=severity,
    )


def _symptoms(text: str, temperature_c: float | None) -> frozenset[Symptom]:
    found = {symptom for symptom, pattern in SYMPTOMS.items() if affirmed(pattern, text)}
    if temperature_c is not None and temperature_c >= FEVER_FROM_C:
        found.add(Symptom.FEVER)
    return frozenset(found)


def _traits(text: str, pending: frozenset[Topic]) -> frozenset[Trait]:
    found = {trait for trait, pattern in TRAITS.items() if affirmed(pattern, text)}
    about_child = Topic.CHILD_AGE in pending or found & {Trait.CHILD, Trait.INFANT}
    if about_child and moments.says_years_old(text):
        found.add(Trait.OLDER_CHILD)
    elif Topic.CHILD_AGE in pending and moments.says_months_old(text):
        found.add(Trait.INFANT)
    return frozenset(found)
