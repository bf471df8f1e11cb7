import pytest

from ai_service.triage.language import Language
from ai_service.triage.questions import ASKED, VOLUNTEERED, topics_asked, topics_volunteered
from ai_service.triage.turns import Speaker, Turn
from ai_service.triage.vocabulary import Topic
from ai_service.triage.wording import WORDING


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("topic", Topic)
def test_our_own_questions_are_recognised(topic: Topic, language: Language) -> None:
    """Each as what it asks and as nothing else, or it would be asked twice or never."""
    turn = Turn.of(Speaker.ASSISTANT, WORDING[language].questions[topic])
    assert topics_asked(turn.questions()) == {topic}


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Do you have any allergies?", {Topic.ALLERGIES}),
        ("How long has it been?", {Topic.ONSET}),
        ("有药物过敏吗？", {Topic.ALLERGIES}),
        ("最近在吃什么药？", {Topic.MEDICINES}),
        ("Please rest.", set()),
    ],
)
def test_a_doctors_questions_count_as_asked(text: str, topics: set[Topic]) -> None:
    """The patient is not to be asked the same by two."""
    assert topics_asked(Turn.of(Speaker.DOCTOR, text).questions()) == topics


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("my 3 year old", Topic.CHILD_AGE),
        ("20 weeks", Topic.PREGNANCY_WEEK),
        ("I fell off a bike", Topic.INJURY_CAUSE),
        ("a dry cough", Topic.PHLEGM),
        ("一天五次", Topic.STOOL),
        ("everything is spinning", Topic.DIZZY_KIND),
        ("总是早醒", Topic.SLEEP_KIND),
        ("I have diabetes", Topic.ILLNESSES),
        ("没有慢性病", Topic.ILLNESSES),
        ("I took some medicine", Topic.MEDICINES),
        ("吃了布洛芬", Topic.MEDICINES),
        ("对青霉素过敏", Topic.ALLERGIES),
    ],
)
def test_what_is_told_unasked_counts(text: str, topic: Topic) -> None:
    """It need not be asked any more."""
    assert topic in topics_volunteered(Turn.of(Speaker.PATIENT, text).statements())


def test_every_topic_can_be_recognised() -> None:
    """A topic without a pattern would be asked for ever."""
    assert set(ASKED) == set(Topic)
    assert set(VOLUNTEERED) <= set(Topic)
