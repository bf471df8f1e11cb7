from ai_service.triage.case import Case, merged
from ai_service.triage.reading import read
from ai_service.triage.turns import Speaker, Turn
from ai_service.triage.vocabulary import Symptom, Topic, Trait

WHO = {"P": Speaker.PATIENT, "A": Speaker.ASSISTANT, "D": Speaker.DOCTOR}


def case_of(*lines: str) -> Case:
    return merged(read([Turn.of(WHO[line[0]], line[2:]) for line in lines]))


def test_a_bare_number_answers_the_last_question() -> None:
    """The same number is a strength or nothing."""
    assert case_of("P headache", "A How strong is it?", "P 7").severity == 7
    assert case_of("P headache", "A How old are you?", "P 7").severity is None


def test_a_question_stays_open_over_another_speaker() -> None:
    """A doctor's remark in between does not take the question away."""
    case = case_of("P fever", "A How high is the temperature?", "D I am here.", "P 38")
    assert case.temperature_c == 38.0


def test_an_answer_closes_the_questions_before_it() -> None:
    """A number two turns later is no late answer."""
    case = case_of("A How strong is it?", "P hm", "A I see.", "P 7")
    assert case.severity is None


def test_a_high_number_is_a_fever() -> None:
    """Without the word."""
    assert Symptom.FEVER in case_of("P 38.5").symptoms
    assert Symptom.FEVER not in case_of("P 36.8").symptoms


def test_a_duration_needs_a_complaint() -> None:
    """Otherwise it may be anything."""
    assert case_of("P 3 days").onset is None
    assert case_of("P headache", "P 3 days").onset == "3 days"


def test_an_age_is_no_duration() -> None:
    """When the age was asked."""
    case = case_of("P my baby has a fever", "A How old is the child?", "P 8 months")
    assert case.onset is None
    assert {Trait.INFANT, Trait.CHILD} <= case.traits


def test_months_make_a_child_an_infant_and_years_do_not() -> None:
    """Told by the answer to the question of the age."""
    asked = ("P my son has a fever", "A How old is the child?")
    assert Trait.INFANT in case_of(*asked, "P 8 months").traits
    assert Trait.OLDER_CHILD in case_of(*asked, "P 8 years").traits


def test_questions_and_answers_are_remembered() -> None:
    """Both keep a topic from being asked again."""
    case = case_of("D Any allergies?", "P I take aspirin")
    assert case.asked == {Topic.ALLERGIES}
    assert case.answered == {Topic.MEDICINES}


def test_what_the_assistant_says_is_no_symptom() -> None:
    """Its advice names many."""
    assert case_of("A See a doctor if fever or chest pain follow.") == Case()
