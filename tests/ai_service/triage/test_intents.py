import pytest

from ai_service.triage.intents import intents_of
from ai_service.triage.vocabulary import Intent

EXAMPLES = {
    Intent.GREETING: "hello there|good morning|你好|在吗",
    Intent.THANKS: "thanks a lot|谢谢",
    Intent.GOODBYE: "bye|再见",
    Intent.CONFIRM: "ok!|yes|no|好的|没有",
    Intent.ASKS_ADVICE: "what should i do?|怎么办",
    Intent.ASKS_DOSE: "how many tablets should i take?|can i take aspirin|吃什么药好|能吃头孢吗",
    Intent.ASKS_DIAGNOSIS: "what do i have?|is it serious?|这是什么病|严重吗|我是不是感冒了",
    Intent.ASKS_IDENTITY: "who are you?|are you a robot|你是谁",
    Intent.ASKS_FOR_DOCTOR: "i want to talk to a doctor|医生在吗",
    Intent.WORSE: "it is getting worse|not getting better|越来越严重|没有好转",
    Intent.BETTER: "i feel better|好多了|退烧了",
}


@pytest.mark.parametrize(
    ("intent", "text"),
    [(intent, text) for intent, texts in EXAMPLES.items() for text in texts.split("|")],
)
def test_an_intent_is_recognised(intent: Intent, text: str) -> None:
    """As people say it, in both languages."""
    assert intent in intents_of(text)


@pytest.mark.parametrize("text", ["this headache", "say hello to him", "i see a spot", "no cough"])
def test_no_intent_is_imagined(text: str) -> None:
    """Parts of words and other places in a sentence do not count."""
    assert intents_of(text) == frozenset()


def test_every_intent_has_examples() -> None:
    """A new row comes with its sentences."""
    assert set(EXAMPLES) == set(Intent)
