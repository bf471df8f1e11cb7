import pytest

from ai_service.triage import Speaker, Turn, answer
from ai_service.triage.language import Language
from ai_service.triage.vocabulary import Phrase
from ai_service.triage.wording import WORDING

EN, ZH = WORDING[Language.ENGLISH].phrases, WORDING[Language.CHINESE].phrases
EMERGENCY, EMERGENCY_ZH = EN[Phrase.EMERGENCY], ZH[Phrase.EMERGENCY]


def talk(*lines: str) -> list[str]:
    """The replies to a patient; a line that begins with "Dr: " is a doctor's."""
    turns: list[Turn] = []
    replies = []
    for line in lines:
        if line.startswith("Dr: "):
            turns.append(Turn.of(Speaker.DOCTOR, line.removeprefix("Dr: ")))
            continue
        turns.append(Turn.of(Speaker.PATIENT, line))
        replies.append(answer(turns))
        turns.append(Turn.of(Speaker.ASSISTANT, replies[-1]))
    return replies


@pytest.mark.parametrize(
    ("message", "lead"),
    [
        ("I have chest pain", "Chest pain"),
        ("I can't breathe", "Trouble breathing"),
        ("my 2 month old has a fever of 38.6", "A fever in an infant"),
        ("stomach pain 10/10", "Pain this strong"),
        ("I took too many pills", "A possible poisoning"),
    ],
)
def test_a_red_flag_leads_at_once_to_help(message: str, lead: str) -> None:
    """The emergency number and the doctor, before any question."""
    (reply,) = talk(message)
    assert reply.startswith(lead)
    assert EMERGENCY in reply
    assert "120" in reply
    assert "?" not in reply


@pytest.mark.parametrize("message", ["胸痛", "呼吸困难", "宝宝高烧", "我不想活了", "说话不清"])
def test_a_red_flag_leads_at_once_to_help_in_chinese(message: str) -> None:
    """The same in Chinese."""
    (reply,) = talk(message)
    assert EMERGENCY_ZH in reply
    assert "？" not in reply


def test_thoughts_of_suicide_get_a_help_line() -> None:
    """And no cold first sentence."""
    (reply,) = talk("I want to die")
    assert reply.startswith("I am very glad that you tell me this")
    assert "12356" in reply


def test_a_red_flag_in_an_unanswered_message_counts() -> None:
    """The reply is to all that came since the last one."""
    turns = [Turn.of(Speaker.PATIENT, text) for text in ("chest pain", "since today")]
    assert EMERGENCY in answer(turns)


def test_a_red_flag_is_not_forgotten() -> None:
    """Later messages are noted, but the warning stays first in mind until the end."""
    _, noted, thanks, picture = talk("chest pain", "since 9, 5/10", "thanks", "https://a.b/c.png")
    assert "strength 5 of 10" in noted
    for reply in (noted, thanks, picture):
        assert "still the warning sign that you told me of (chest pain)" in reply


def test_a_red_flag_said_again_is_answered_again() -> None:
    """With the full advice."""
    assert EMERGENCY in talk("chest pain", "the chest pain is worse")[1]


def test_facts_of_several_messages_raise_a_red_flag() -> None:
    """No single one of these messages does."""
    replies = talk("my baby has a fever", "8 months", "38.6")
    assert [EMERGENCY in reply for reply in replies] == [False, False, True]


def test_an_older_child_is_no_infant() -> None:
    """Whatever the parents call it."""
    assert not any(EMERGENCY_ZH in reply for reply in talk("宝宝发烧了", "3岁", "38.6"))


def test_a_denied_red_flag_is_none() -> None:
    """And the rest of the message is heard."""
    (reply,) = talk("no chest pain, but a cough for 3 days")
    assert "sorry to hear about the cough. I have noted: for 3 days." in reply


def test_pictures_are_not_looked_at() -> None:
    """A description is asked for, in the language of the conversation."""
    assert talk("https://a.b/rash.png") == [EN[Phrase.PICTURE]]
    assert talk("身上起疹子", "https://a.b/c.png")[1] == ZH[Phrase.PICTURE]


def test_a_greeting_is_returned() -> None:
    """With an introduction the first time only, and with the complaint if there is one."""
    first, second, third = talk("Hi", "Hi", "Hi, I have a cough")
    assert first == EN[Phrase.INTRODUCTION]
    assert second == "Hello! What is troubling you most at the moment?"
    assert third.startswith("Hello! I am sorry to hear about the cough.")


@pytest.mark.parametrize("message", ["ok", "?", "🙂", "没有"])
def test_a_beginning_without_content_is_a_greeting(message: str) -> None:
    """There is nothing to take up."""
    assert talk(message)[0] in {EN[Phrase.INTRODUCTION], ZH[Phrase.INTRODUCTION]}


def test_an_unknown_message_is_taken_up() -> None:
    """By its own words, and in other words the second time."""
    first, second = talk("My {dog} ate chocolate", "He is brown")
    assert first.startswith("You wrote “My {dog} ate chocolate”")
    assert first.endswith("?")
    assert second.startswith("I am sorry, I still do not understand “He is brown”.")


def test_nothing_is_asked_twice() -> None:
    """Neither what was asked nor what was answered unasked."""
    replies = talk("I have a headache, I am allergic to nuts", "hm", "hm", "hm", "hm")
    asked = [line for reply in replies for line in reply.split("? ")]
    assert sum("Since when" in line for line in asked) == 1
    assert sum("scale from 0" in line for line in asked) == 1
    assert sum("any allergies" in line for line in asked) == 0
    assert sum("• Headache:" in reply for reply in replies) == 1


def test_a_doctors_question_is_not_repeated() -> None:
    """And the patient learns that the answer reaches the doctor."""
    reply = talk("a headache since today", "Dr: Do you take any medicines?", "no")[1]
    assert reply.startswith("The doctor asked: “Do you take any medicines?”")
    assert reply.endswith("blood pressure? Are there any allergies?")


def test_a_doctors_advice_stands_before_ours() -> None:
    """However long ago it was given."""
    replies = talk("a dry cough", "Dr: Drink tea.", "since Monday", "none")
    assert replies[1].startswith("As the doctor said: “Drink tea.”")
    assert "As the doctor said: “Drink tea.”" in replies[2]
    assert replies[2].index("As the doctor said") < replies[2].index("• Cough")


def test_advice_comes_early_when_it_is_asked_for() -> None:
    """The question follows it."""
    (reply,) = talk("头疼怎么办")
    assert "• 头痛：" in reply
    assert reply.endswith("什么时候开始的？")
    assert talk("I have a cough", "what should I do?")[1].startswith(EN[Phrase.ADVICE])


def test_a_new_complaint_gets_its_own_advice() -> None:
    """The old advice is not repeated."""
    replies = talk("a dry cough since Monday", "none", "my ear hurts too", "2")
    assert "• Cough" in replies[1]
    assert "sorry to hear about the ear trouble" in replies[2]
    assert "• Ears" in replies[3]
    assert "• Cough" not in replies[3]


def test_many_complaints_are_advised_on_in_portions() -> None:
    """No reply is longer than one can read."""
    (reply,) = talk("fever, cough, rash, dizzy, tired, diarrhoea: what should I do?")
    assert reply.count("• ") == 8


def test_a_high_fever_adds_a_warning() -> None:
    """Below 40 it is no emergency."""
    replies = talk("fever since today, 39.4", "none")
    assert "39 °C or more" in replies[1]


@pytest.mark.parametrize(
    ("message", "phrase"),
    [
        ("how many tablets can I take?", Phrase.DOSE),
        ("can you prescribe antibiotics", Phrase.DOSE),
        ("is it serious?", Phrase.DIAGNOSIS),
        ("are you a real doctor?", Phrase.IDENTITY),
        ("I want to talk to a doctor", Phrase.CALL_DOCTOR),
        ("it is getting worse", Phrase.WORSE),
    ],
)
def test_what_is_not_ours_is_left_to_the_doctors(message: str, phrase: Phrase) -> None:
    """And the conversation goes on with the next question."""
    reply = talk("I have a cough", message)[1]
    assert EN[phrase] in reply
    assert reply.endswith("?")


def test_a_question_we_cannot_answer_is_left_to_the_doctors() -> None:
    """Taken up by its own words."""
    reply = talk("I have a cough", "Is it contagious?")[1]
    assert reply.startswith("As for “Is it contagious?”")
    assert "dry" in reply


def test_after_the_advice_it_is_not_repeated() -> None:
    """What holds is said in a sentence."""
    reply = talk("a dry cough since Monday", "none", "ok")[2]
    assert reply == f"{EN[Phrase.ADVICE_HOLDS]} {EN[Phrase.ANYTHING_ELSE]}"


def test_an_improvement_is_welcome() -> None:
    """No more questions then, except about something new."""
    assert talk("发烧", "好多了")[1] == ZH[Phrase.BETTER]
    assert "rash" not in talk("I have a fever", "better")[1]
    assert "skin trouble" in talk("I have a fever", "I feel better but have a rash")[1]


def test_thanks_with_news_is_not_the_end() -> None:
    """The news is heard."""
    assert "ear trouble" in talk("a cough", "thanks, but now my ear hurts")[1]


def test_a_pregnancy_and_a_child_are_taken_into_account() -> None:
    """Also when they are all that is known yet."""
    first, second = talk("I am pregnant", "20 weeks")
    assert first.startswith(EN[Phrase.PREGNANT])
    assert second == f"{EN[Phrase.THANK_YOU]} What is troubling you most at the moment?"
    assert EN[Phrase.CHILD] in talk("my daughter is coughing")[0]


def test_the_background_alone_is_acknowledged() -> None:
    """And the complaint asked for."""
    assert talk("I have diabetes")[0].startswith(EN[Phrase.THANK_YOU])


def test_the_language_follows_the_patient() -> None:
    """Each message decides anew, and nothing is lost by it."""
    reply = talk("I have a headache", "从昨天开始")[1]
    assert "关于头痛，我已记下：从昨天开始" in reply
