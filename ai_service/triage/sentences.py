"""The parts that a reply is put together from; each is a list that may be empty."""

from ai_service.triage.alarms import alarms_of
from ai_service.triage.situation import Situation
from ai_service.triage.vocabulary import Intent, Phrase, Symptom, Trait

HIGH_FEVER_C = 39.0
MAX_ADVICE = 4

_ON_INTENT = {
    Intent.ASKS_IDENTITY: Phrase.IDENTITY,
    Intent.ASKS_FOR_DOCTOR: Phrase.CALL_DOCTOR,
    Intent.ASKS_DIAGNOSIS: Phrase.DIAGNOSIS,
    Intent.ASKS_DOSE: Phrase.DOSE,
    Intent.WORSE: Phrase.WORSE,
}
_ON_TRAIT = {Trait.CHILD: Phrase.CHILD, Trait.PREGNANT: Phrase.PREGNANT}


def remarks(case: Situation) -> list[str]:
    """What answers the message itself, before we ask or advise further."""
    new = case.new_complaints()
    sorry = [case.wording.say(Phrase.SORRY, symptoms=case.wording.names(new))] if new else []
    on_trait = [_ON_TRAIT[item] for item in _ON_TRAIT if item in _new_traits(case)]
    on_intent = [_ON_INTENT[item] for item in _ON_INTENT if item in case.intents]
    said = [case.wording.say(phrase) for phrase in (*on_trait, *on_intent)]
    return [*hello(case), *doctor(case), *sorry, *noted(case), *said]


def hello(case: Situation) -> list[str]:
    greeted = Intent.GREETING in case.intents and (case.complaints() or case.said)
    return [case.wording.say(Phrase.HELLO)] if greeted else []


def doctor(case: Situation) -> list[str]:
    """What a doctor said since we last spoke goes before anything of ours."""
    turn = case.doctor()
    if turn is None or not case.doctor_spoke_since():
        return []
    phrase = Phrase.DOCTOR_ASKED if turn.questions() else Phrase.DOCTOR_SAID
    return [case.wording.say(phrase, quote=turn.quote())]


def noted(case: Situation) -> list[str]:
    notes = _notes(case)
    if not notes or not case.complaints():
        return []
    listed = case.wording.comma.join(notes)
    if case.new_complaints():
        return [case.wording.say(Phrase.NOTED, notes=listed)]
    names = case.wording.names(case.complaints())
    return [case.wording.say(Phrase.NOTED_FOR, symptoms=names, notes=listed)]


def received(case: Situation) -> list[str]:
    """Where nothing in the message was recognised."""
    if Intent.ASKS_ADVICE in case.intents:
        return []
    told = case.awaits_answer() or case.fresh.answered
    if case.message.questions():
        return [case.wording.say(Phrase.FOR_DOCTOR, quote=case.message.quote())]
    return [case.wording.say(Phrase.THANK_YOU)] if told else []


def questions(case: Situation) -> list[str]:
    return [case.wording.questions[topic] for topic in case.open_topics()]


def advice(case: Situation) -> list[str]:
    """One entry per line."""
    symptoms = case.unadvised()[:MAX_ADVICE]
    if not symptoms:
        return []
    texts = [case.wording.symptoms[symptom] for symptom in symptoms]
    high = case.now.fever_of(HIGH_FEVER_C) and Symptom.FEVER in symptoms
    warnings = [case.wording.say(Phrase.HIGH_FEVER)] if high else []
    return [
        *_as_doctor_advised(case),
        case.wording.say(Phrase.ADVICE),
        *(f"• {text.advice}" for text in texts),
        case.wording.say(Phrase.SEE_DOCTOR),
        *(f"• {line}" for line in [*warnings, *(text.see_doctor for text in texts)]),
        case.wording.say(Phrase.CLOSING),
    ]


def afterwards(case: Situation) -> list[str]:
    return [case.wording.say(Phrase.ADVICE_HOLDS), case.wording.say(Phrase.ANYTHING_ELSE)]


def reminder(case: Situation) -> list[str]:
    alarms = alarms_of(case.now)
    if not alarms:
        return []
    return [case.wording.say(Phrase.REMINDER, alarm=case.wording.alarms[alarms[0]].name)]


def _as_doctor_advised(case: Situation) -> list[str]:
    """Before advice of ours the doctor's is repeated, however long ago it was given."""
    turn = case.doctor()
    if turn is None or turn.questions() or case.doctor_spoke_since():
        return []
    return [case.wording.say(Phrase.DOCTOR_SAID, quote=turn.quote())]


def _new_traits(case: Situation) -> frozenset[Trait]:
    return case.fresh.traits - case.known.traits


def _notes(case: Situation) -> list[str]:
    fresh = case.fresh
    notes = [fresh.onset] if fresh.onset else []
    if fresh.temperature_c is not None:
        value = f"{fresh.temperature_c:.1f}"
        notes.append(case.wording.say(Phrase.TEMPERATURE, value=value))
    if fresh.severity is not None:
        notes.append(case.wording.say(Phrase.SEVERITY, value=str(fresh.severity)))
    return notes
