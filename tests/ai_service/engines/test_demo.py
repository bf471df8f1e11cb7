from hypothesis import given, settings
from hypothesis import strategies as st

from ai_service.engine import LoadProfile
from ai_service.engines.demo import build
from ai_service.schemas import HistoryEntry
from tests.ai_service.support import Chat, post, reply_of, streamed

VOCABULARY = (
    "fever 发烧 头痛 chest pain 胸痛 no 没有 cough , or 。 ? ？ 38.5 104 7/10 3 days 三天 since "
    "yesterday baby 宝宝 pregnant 怀孕 2 months old 5岁 thanks 再见 bye hello 你好 {quote} 怎么办 "
    "better worse what should I do? http://a.b/c.png 🙂 \u200b 很 开始"
)
WORDS = st.sampled_from(VOCABULARY.split())
UNICODE = st.characters(codec="utf-8")
TEXTS = st.one_of(
    st.text(UNICODE, max_size=200),
    st.lists(WORDS, max_size=30).map(" ".join),
    st.lists(WORDS, max_size=30).map("".join),
)
HISTORY = st.builds(
    HistoryEntry,
    role=st.sampled_from(["user", "assistant"]),
    content=TEXTS,
    name=st.sampled_from([None, "doctor", "Doctor", "ai"]),
)
MESSAGES = TEXTS.filter(lambda text: bool(text.strip()))


@settings(max_examples=300, deadline=None)
@given(message=MESSAGES, history=st.lists(HISTORY, max_size=6))
async def test_any_text_gets_a_reply(message: str, history: list[HistoryEntry]) -> None:
    """Never an exception, never nothing, never more than 4000 characters; always the same."""
    engine = build(LoadProfile())
    reply = await reply_of(engine, message, history=history)
    assert reply.strip()
    assert len(reply) <= 4000
    assert await reply_of(engine, message, history=history) == reply


@settings(max_examples=30, deadline=None)
@given(text=st.text(UNICODE, min_size=1, max_size=12).filter(lambda text: bool(text.strip())))
async def test_long_texts_are_taken(text: str) -> None:
    """Five thousand characters of whatever kind."""
    message = (text * 5000)[:5000]
    reply = await reply_of(build(LoadProfile()), message + "a")
    assert 0 < len(reply) <= 4000


def test_a_triage_conversation(chat: Chat) -> None:
    """Greeting, complaint, two answers in one message, background, advice, a question, thanks."""
    assert "What is troubling you?" in chat.say("Hello")
    reply = chat.say("I have a fever and a headache")
    assert "sorry to hear about the fever and headache" in reply
    assert "Since when" in reply
    reply = chat.say("since yesterday, 38.5")
    assert "For the fever and headache I have noted: since yesterday, 38.5 °C." in reply
    assert "0 (not at all) to 10" in reply
    assert "temperature" not in reply
    reply = chat.say("6")
    assert "strength 6 of 10" in reply
    assert "illnesses" in reply
    assert "medicines" in reply
    assert "allergies" in reply
    reply = chat.say("no, none")
    assert "• Fever: rest" in reply
    assert "• Headache: rest" in reply
    assert "see a doctor soon if" in reply
    assert "no diagnosis" in reply
    reply = chat.say("Can I go to work tomorrow?")
    assert "As for “Can I go to work tomorrow?”" in reply
    assert "•" not in reply
    assert chat.say("ok thanks").startswith("You are welcome.")
    assert chat.say("bye").startswith("Goodbye")


def test_a_triage_conversation_in_chinese(chat: Chat) -> None:
    """The same in Chinese, with a bare number that shows no language of its own."""
    assert "请问您哪里不舒服" in chat.say("你好")
    assert "什么时候开始" in chat.say("我发烧了，还有点咳嗽")
    reply = chat.say("从昨天晚上开始的")
    assert "关于发烧和咳嗽，我已记下：从昨天晚上开始" in reply
    assert "多少度" in reply
    reply = chat.say("38.5")
    assert "体温38.5℃" in reply
    assert "干咳还是有痰" in reply
    reply = chat.say("干咳")
    assert "慢性病" in reply
    assert "过敏" in reply
    reply = chat.say("都没有")
    assert "• 发烧：多休息" in reply
    assert "• 咳嗽：喝温水" in reply
    assert "不是诊断" in reply
    assert chat.say("谢谢").startswith("不客气")


def test_a_doctor_in_the_group_has_the_word(chat: Chat) -> None:
    """What the doctor said comes before anything that the assistant says."""
    chat.say("my tooth hurts")
    chat.doctor_says("Please come to the clinic at 9.")
    reply = chat.say("since Monday, 4/10")
    assert reply.startswith("As the doctor said: “Please come to the clinic at 9.”")
    assert "since Monday, strength 4 of 10" in reply


def test_an_assistant_of_another_name_is_no_doctor(chat: Chat) -> None:
    """Only the name `doctor` marks a doctor."""
    chat.history.append({"role": "assistant", "name": "nurse", "content": "Drink tea."})
    assert "As the doctor said" not in chat.say("I have a cough")


def test_a_streamed_reply_is_the_plain_one(demo_url: str) -> None:
    """In several pieces, also where the language puts no spaces."""
    plain = post(demo_url, {"message": "你好"}).json()["reply"]
    *deltas, done = streamed(demo_url, {"message": "你好"})
    assert len(deltas) > 3
    assert ("".join(event["delta"] for event in deltas), done) == (plain, "[DONE]")
