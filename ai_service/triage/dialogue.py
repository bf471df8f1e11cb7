"""What to say next: the first rule that has an answer gives it."""

from collections.abc import Callable, Sequence

from ai_service.triage import sentences
from ai_service.triage.alarms import alarms_of
from ai_service.triage.situation import Situation, survey
from ai_service.triage.symptoms import BACKGROUND
from ai_service.triage.turns import Turn
from ai_service.triage.vocabulary import Intent, Phrase


def answer(turns: Sequence[Turn]) -> str:
    """To the last turn, which is the patient's."""
    situation = survey(turns)
    return next(filter(None, (rule(situation) for rule in _RULES)))


def _emergency(situation: Situation) -> str | None:
    alarms = situation.fresh_alarms()
    if not alarms:
        return None
    said = situation.wording.alarms[alarms[0]]
    parts = [said.lead, situation.wording.say(Phrase.EMERGENCY), said.meanwhile]
    return situation.wording.space.join([*parts, *sentences.doctor(situation)])


def _picture(situation: Situation) -> str | None:
    if not situation.message.is_link():
        return None
    parts = [situation.wording.say(Phrase.PICTURE), *sentences.reminder(situation)]
    return situation.wording.space.join(parts)


def _parting(situation: Situation) -> str | None:
    tells = situation.new_complaints() or situation.fresh.answered or situation.fresh.traits
    if not situation.intents & _PARTINGS or tells or situation.message.questions():
        return None
    leaving = Intent.GOODBYE in situation.intents
    parts = [situation.wording.say(Phrase.GOODBYE if leaving else Phrase.WELCOME)]
    return situation.wording.space.join([*parts, *sentences.reminder(situation)])


def _reminder(situation: Situation) -> str | None:
    if not alarms_of(situation.now):
        return None
    parts = [
        *sentences.doctor(situation),
        *sentences.noted(situation),
        *sentences.reminder(situation),
    ]
    return situation.wording.space.join(parts)


def _relief(situation: Situation) -> str | None:
    better = Intent.BETTER in situation.intents and Intent.WORSE not in situation.intents
    if not better or situation.new_complaints() or situation.message.questions():
        return None
    return situation.wording.say(Phrase.BETTER)


def _welcome(situation: Situation) -> str | None:
    talking = (
        situation.complaints()
        or situation.now.traits
        or situation.said
        or sentences.remarks(situation)
    )
    greeted = situation.intents & _OPENINGS or not situation.message.has_words()
    return situation.wording.say(Phrase.INTRODUCTION) if greeted and not talking else None


def _unknown(situation: Situation) -> str | None:
    background = situation.now.traits or situation.fresh.answered & frozenset(BACKGROUND)
    useful = situation.fresh.traits or (background and situation.fresh.answered)
    if situation.complaints() or useful or sentences.remarks(situation):
        return None
    fixed = situation.wording.phrases[Phrase.UNKNOWN].partition("}")[2]
    again = any(fixed in turn.raw for turn in situation.said)
    phrase = Phrase.UNKNOWN_AGAIN if again else Phrase.UNKNOWN
    return situation.wording.say(phrase, quote=situation.message.quote())


def _triage(situation: Situation) -> str:
    opening = sentences.remarks(situation) or sentences.received(situation)
    questions = sentences.questions(situation)
    advice = (
        sentences.advice(situation)
        if Intent.ASKS_ADVICE in situation.intents or not questions
        else []
    )
    closing = questions if questions or advice else sentences.afterwards(situation)
    lines = [situation.wording.space.join(opening), *advice, situation.wording.space.join(closing)]
    if advice:
        return "\n".join(filter(None, lines))
    return situation.wording.space.join(filter(None, lines))


_OPENINGS = frozenset({Intent.GREETING, Intent.CONFIRM})
_PARTINGS = frozenset({Intent.THANKS, Intent.GOODBYE})
_RULES: tuple[Callable[[Situation], str | None], ...] = (
    _emergency,
    _picture,
    _parting,
    _reminder,
    _relief,
    _welcome,
    _unknown,
    _triage,
)
