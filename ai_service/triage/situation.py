from collections.abc import Sequence
from dataclasses import dataclass

from ai_service.triage.alarms import alarms_of
from ai_service.triage.case import Case, merged
from ai_service.triage.intents import intents_of
from ai_service.triage.language import language_of
from ai_service.triage.questions import topics_asked
from ai_service.triage.reading import read
from ai_service.triage.symptoms import BACKGROUND, TOPICS, UNSPECIFIC
from ai_service.triage.turns import Speaker, Turn
from ai_service.triage.vocabulary import Alarm, Intent, Symptom, Topic, Trait
from ai_service.triage.wording import WORDING, Wording


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the conversation stands: what was known when we last spoke, and what came since."""

    message: Turn
    turns: Sequence[Turn]
    said: Sequence[Turn]  # by us
    known: Case
    fresh: Case
    now: Case
    intents: frozenset[Intent]
    wording: Wording

    def awaits_answer(self) -> bool:
        """Did our last message ask something?"""
        return bool(self.said) and bool(topics_asked(self.said[-1].questions()))

    def complaints(self) -> list[Symptom]:
        return _specific(self.now)

    def new_complaints(self) -> list[Symptom]:
        return [item for item in _specific(self.fresh) if item not in self.known.symptoms]

    def fresh_alarms(self) -> list[Alarm]:
        earlier = set(alarms_of(self.known)) - set(alarms_of(self.fresh))
        return [alarm for alarm in alarms_of(self.now) if alarm not in earlier]

    def unadvised(self) -> list[Symptom]:
        return [item for item in self.complaints() if not self._was_advised(item)]

    def open_topics(self) -> list[Topic]:
        """What to ask next: one topic, or the whole background together."""
        if not self.complaints():
            return [Topic.COMPLAINT]
        subjects: list[Symptom | Trait] = [*self.complaints(), *self.now.traits]
        wanted = {topic for subject in subjects for topic in TOPICS[subject]}
        left = (wanted | set(BACKGROUND)) - self.now.asked - self.now.answered
        ordered = [topic for topic in Topic if topic in left]
        return ordered if set(ordered) <= set(BACKGROUND) else ordered[:1]

    def doctor(self) -> Turn | None:
        """The last thing that a doctor said in words."""
        spoken = [turn for turn in self.turns if turn.speaker is Speaker.DOCTOR and turn.quote()]
        return spoken[-1] if spoken else None

    def doctor_spoke_since(self) -> bool:
        doctor = self.doctor()
        return doctor is not None and doctor in self.turns[_after_own(self.turns) :]

    def _was_advised(self, symptom: Symptom) -> bool:
        texts = [wording.symptoms[symptom].advice for wording in WORDING.values()]
        return any(text in turn.raw for turn in self.said for text in texts)


def survey(conversation: Sequence[Turn]) -> Situation:
    message, everything = conversation[-1], read(conversation)
    begin = _episode_start(conversation, everything)
    turns, cases = conversation[begin:], everything[begin:]
    start = _after_own(turns)
    known, fresh = merged(cases[:start]), merged(cases[start:])
    patient = [turn.text for turn in reversed(conversation) if turn.speaker is Speaker.PATIENT]
    return Situation(
        message=message,
        turns=turns,
        said=[turn for turn in turns if turn.speaker is Speaker.ASSISTANT],
        known=known,
        fresh=fresh,
        now=known.with_later(fresh),
        intents=intents_of(message.text),
        wording=WORDING[language_of(patient)],
    )


def _specific(case: Case) -> list[Symptom]:
    named = [symptom for symptom in Symptom if symptom in case.symptoms]
    return [symptom for symptom in named if symptom not in UNSPECIFIC] or named[:1]


def _after_own(turns: Sequence[Turn]) -> int:
    own = [index for index, turn in enumerate(turns) if turn.speaker is Speaker.ASSISTANT]
    return own[-1] + 1 if own else 0


def _episode_start(turns: Sequence[Turn], cases: Sequence[Case]) -> int:
    """A goodbye ends what was talked about before it, except where there was a red flag."""
    for index in range(len(turns) - 2, -1, -1):
        turn = turns[index]
        left = turn.speaker is Speaker.PATIENT and Intent.GOODBYE in intents_of(turn.text)
        if left and not alarms_of(merged(cases[: index + 1])):
            return index + 1
    return 0
