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


def remarks(situation: Situation) -> list[str]:
    """What answers the message itself, before we ask or advise further."""
    new = situation.new_complaints()
    sorry = (
        [situation.wording.say(Phrase.SORRY, symptoms=situation.wording.names(new))] if new else []
    )
    on_trait = [_ON_TRAIT[item] for item in _ON_TRAIT if item in _new_traits(situation)]
    on_intent = [_ON_INTENT[item] for item in _ON_INTENT if item in situation.intents]
    said = [situation.wording.say(phrase) for phrase in (*on_trait, *on_intent)]
    return [*hello(situation), *doctor(situation), *sorry, *noted(situation), *said]


def hello(situation: Situation) -> list[str]:
    greeted = Intent.GREETING in situation.intents and (situation.complaints() or situation.said)
    return [situation.wording.say(Phrase.HELLO)] if greeted else []


def doctor(situation: Situation) -> list[str]:
    """What a doctor said since we last spoke goes before anything of ours."""
    turn = situation.doctor()
    if turn is None or not situation.doctor_spoke_since():
        return []
    phrase = Phrase.DOCTOR_ASKED if turn.questions() else Phrase.DOCTOR_SAID
    return [situation.wording.say(phrase, quote=turn.quote())]


def noted(situation: Situation) -> list[str]:
    notes = _notes(situation)
    if not notes or not situation.complaints():
        return []
    listed = situation.wording.comma.join(notes)
    if situation.new_complaints():
        return [situation.wording.say(Phrase.NOTED, notes=listed)]
    names = situation.wording.names(situation.complaints())
    return [situation.wording.say(Phrase.NOTED_FOR, symptoms=names, notes=listed)]


def received(situation: Situation) -> list[str]:
    """Where nothing in the message was recognised."""
    if Intent.ASKS_ADVICE in situation.intents:
        return []
    told = situation.awaits_answer() or situation.fresh.answered
    if situation.message.questions():
        return [situation.wording.say(Phrase.FOR_DOCTOR, quote=situation.message.quote())]
    return [situation.wording.say(Phrase.THANK_YOU)] if told else []


def questions(situation: Situation) -> list[str]:
    return [situation.wording.questions[topic] for topic in situation.open_topics()]


def advice(situation: Situation) -> list[str]:
    """One entry per line."""
    symptoms = situation.unadvised()[:MAX_ADVICE]
    if not symptoms:
        return []
    texts = [situation.wording.symptoms[symptom] for symptom in symptoms]
    high = situation.now.fever_of(HIGH_FEVER_C) and Symptom.FEVER in symptoms
    warnings = [situation.wording.say(Phrase.HIGH_FEVER)] if high else []
    return [
        *_as_doctor_advised(situation),
        situation.wording.say(Phrase.ADVICE),
        *(f"• {text.advice}" for text in texts),
        situation.wording.say(Phrase.SEE_DOCTOR),
        *(f"• {line}" for line in [*warnings, *(text.see_doctor for text in texts)]),
        situation.wording.say(Phrase.CLOSING),
    ]


def afterwards(situation: Situation) -> list[str]:
    return [situation.wording.say(Phrase.ADVICE_HOLDS), situation.wording.say(Phrase.ANYTHING_ELSE)]


def reminder(situation: Situation) -> list[str]:
    alarms = alarms_of(situation.now)
    if not alarms:
        return []
    return [situation.wording.say(Phrase.REMINDER, alarm=situation.wording.alarms[alarms[0]].name)]


def _as_doctor_advised(situation: Situation) -> list[str]:
    """Before advice of ours the doctor's is repeated, however long ago it was given."""
    turn = situation.doctor()
    if turn is None or turn.questions() or situation.doctor_spoke_since():
        return []
    return [situation.wording.say(Phrase.DOCTOR_SAID, quote=turn.quote())]


def _new_traits(situation: Situation) -> frozenset[Trait]:
    return situation.fresh.traits - situation.known.traits


def _notes(situation: Situation) -> list[str]:
    fresh = situation.fresh
    notes = [fresh.onset] if fresh.onset else []
    if fresh.temperature_c is not None:
        value = f"{fresh.temperature_c:.1f}"
        notes.append(situation.wording.say(Phrase.TEMPERATURE, value=value))
    if fresh.severity is not None:
        notes.append(situation.wording.say(Phrase.SEVERITY, value=str(fresh.severity)))
    return notes
