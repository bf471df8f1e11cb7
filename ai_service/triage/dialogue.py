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


def _emergency(case: Situation) -> str | None:
    alarms = case.fresh_alarms()
    if not alarms:
        return None
    said = case.wording.alarms[alarms[0]]
    parts = [said.lead, case.wording.say(Phrase.EMERGENCY), said.meanwhile]
    return case.wording.space.join([*parts, *sentences.doctor(case)])


def _picture(case: Situation) -> str | None:
    return case.wording.say(Phrase.PICTURE) if case.message.is_link() else None


def _parting(case: Situation) -> str | None:
    tells = case.new_complaints() or case.fresh.answered or case.fresh.traits
    if not case.intents & _PARTINGS or tells or case.message.questions():
        return None
    leaving = Intent.GOODBYE in case.intents
    parts = [case.wording.say(Phrase.GOODBYE if leaving else Phrase.WELCOME)]
    return case.wording.space.join([*parts, *sentences.reminder(case)])


def _reminder(case: Situation) -> str | None:
    if not alarms_of(case.now):
        return None
    parts = [*sentences.doctor(case), *sentences.noted(case), *sentences.reminder(case)]
    return case.wording.space.join(parts)


def _relief(case: Situation) -> str | None:
    better = Intent.BETTER in case.intents and Intent.WORSE not in case.intents
    if not better or case.new_complaints() or case.message.questions():
        return None
    return case.wording.say(Phrase.BETTER)


def _welcome(case: Situation) -> str | None:
    talking = case.complaints() or case.now.traits or case.said or sentences.remarks(case)
    greeted = case.intents & _OPENINGS or not case.message.has_words()
    return case.wording.say(Phrase.INTRODUCTION) if greeted and not talking else None


def _unknown(case: Situation) -> str | None:
    background = case.now.traits or case.fresh.answered & frozenset(BACKGROUND)
    useful = case.fresh.traits or (background and case.fresh.answered)
    if case.complaints() or useful or sentences.remarks(case):
        return None
    fixed = case.wording.phrases[Phrase.UNKNOWN].partition("}")[2]
    again = any(fixed in turn.raw for turn in case.said)
    phrase = Phrase.UNKNOWN_AGAIN if again else Phrase.UNKNOWN
    return case.wording.say(phrase, quote=case.message.quote())


def _triage(case: Situation) -> str:
    opening = sentences.remarks(case) or sentences.received(case)
    questions = sentences.questions(case)
    advice = sentences.advice(case) if Intent.ASKS_ADVICE in case.intents or not questions else []
    closing = questions if questions or advice else sentences.afterwards(case)
    lines = [case.wording.space.join(opening), *advice, case.wording.space.join(closing)]
    if advice:
        return "\n".join(filter(None, lines))
    return case.wording.space.join(filter(None, lines))


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
