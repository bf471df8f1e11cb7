from ai_service.triage.situation import Situation, survey
from ai_service.triage.turns import Speaker, Turn
from ai_service.triage.vocabulary import Alarm, Symptom, Topic

WHO = {"P": Speaker.PATIENT, "A": Speaker.ASSISTANT, "D": Speaker.DOCTOR}


def after(*lines: str) -> Situation:
    return survey([Turn.of(WHO[line[0]], line[2:]) for line in lines])


def test_messages_since_our_last_count_as_one() -> None:
    """Messages that came while a reply was in the making are answered together."""
    situation = after("P hello", "A Hello!", "P I have a cough", "P since Monday")
    assert situation.new_complaints() == [Symptom.COUGH]
    assert situation.fresh.onset == "since Monday"


def test_a_specific_complaint_hides_the_unspecific() -> None:
    """ "It hurts" adds nothing to a toothache."""
    assert after("P it hurts", "P toothache").complaints() == [Symptom.TOOTHACHE]
    assert after("P it hurts and I feel unwell").complaints() == [Symptom.PAIN]


def test_the_background_is_asked_at_once_and_last() -> None:
    """One topic a time before it."""
    assert after("P a cough").open_topics() == [Topic.ONSET]
    asked = ("P a dry cough since Monday, no allergies",)
    assert after(*asked).open_topics() == [Topic.ILLNESSES, Topic.MEDICINES]


def test_a_goodbye_ends_the_conversation() -> None:
    """The next day's complaint is a new one."""
    situation = after("P I have a cough", "A Since when?", "P bye", "A Goodbye", "P my ear hurts")
    assert situation.complaints() == [Symptom.EARACHE]


def test_a_goodbye_does_not_end_an_emergency() -> None:
    """Who says goodbye after a red flag is not forgotten."""
    situation = after(
        "P I want to die", "A Call 120", "P goodbye", "A Goodbye", "P I am still here"
    )
    assert situation.known.alarms == {Alarm.SUICIDE}
    assert situation.fresh_alarms() == []


def test_only_a_doctors_words_since_our_last_are_new() -> None:
    """And a doctor's picture has no words."""
    assert after("D Rest.", "P ok").doctor_spoke_since()
    assert not after("D Rest.", "A Fine.", "P ok").doctor_spoke_since()
    assert after("D https://a.b/c.png", "P ok").doctor() is None
