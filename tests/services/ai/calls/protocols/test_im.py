import pytest

from tests.services.ai.calls.support import RawServer, asked, response, sends, streams


@pytest.mark.parametrize("stream", [True, False])
async def test_what_is_asked(ai: RawServer, stream: bool) -> None:
    """In the contract's words, at the very address that is set, query and all."""
    await asked(f"{ai.url}/api%2Fchat/?v=1", ai_stream=stream, ai_service_api_key="key")
    assert ai.heads[-1].startswith("POST /api%2Fchat/?v=1 HTTP/1.1\r\n")
    assert ai.bodies == [
        {
            "message": "hello",
            "history": [
                {"role": "user", "content": "before"},
                {"role": "assistant", "content": "rest", "name": "doctor"},
            ],
            "group_id": "g1",
            "user_message_id": "m1",
            "stream": stream,
        }
    ]
    assert ai.headers["accept"] == (
        "text/event-stream, application/json" if stream else "application/json"
    )
    assert ai.headers["authorization"] == "Bearer key"
    assert ai.headers["idempotency-key"] == "rec_1"
    assert ai.headers["accept-encoding"] == "identity"


async def test_a_plain_answer(ai: RawServer) -> None:
    """Though a stream was asked for. It is heard of as a whole only."""
    ai.script = sends(response(b'{"reply":"Drink tea.","more":1}'))
    answer, heard = await asked(f"{ai.url}/chat?secret=1".replace("//", "//user:pass@"))
    assert (answer.text, answer.finish_reason) == ("Drink tea.", "complete")
    assert answer.service_url == f"{ai.url}/chat"
    assert answer.duration_ms >= 0
    assert heard == []


@pytest.mark.parametrize("stream", [True, False])
async def test_a_stream(ai: RawServer, stream: bool) -> None:
    """Though none was asked for; each piece is heard as it comes."""
    ai.script = streams('{"delta":"Drink "}', '{"delta":""}', '{"delta":"tea."}', "[DONE]")
    answer, heard = await asked(ai.url, ai_stream=stream)
    assert answer.text == "Drink tea."
    assert heard == ["Drink ", "tea."]


@pytest.mark.parametrize(
    ("datas", "text", "pieces"),
    [
        (['{"delta":"a"}', '{"reply":"ab"}'], "ab", ["a"]),
        (['{"delta":"wrong"}', '{"reply":"right"}'], "right", ["wrong"]),
        (['{"reply":"at once"}'], "at once", []),
        (['{"delta":"a"}', "[DONE]", "garbage"], "a", ["a"]),
        (['{"delta":"a"}', "", " [DONE] "], "a", ["a"]),
        (['{"delta":"a\\u0000b"}', '{"delta":"\\u0000"}', "[DONE]"], "ab", ["ab"]),
        (['{"delta":"\\ud83d"}', '{"delta":"\\ude00"}', "[DONE]"], "😀", ["😀"]),
        (['{"delta":"a\\ud83d"}', "[DONE]"], "a\ufffd", ["a", "\ufffd"]),
    ],
)
async def test_ends_of_a_stream(
    ai: RawServer, datas: list[str], text: str, pieces: list[str]
) -> None:
    """The full text at the end wins over its pieces; nothing counts behind the end."""
    ai.script = streams(*datas)
    answer, heard = await asked(ai.url)
    assert (answer.text, heard) == (text, pieces)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'{"reply":"a\u0000b"}', "ab"),
        (rb'{"reply":"a\ud800b"}', "a\ufffdb"),
        (b'{"reply":"a\xed\xa0\x80b"}', "a\ufffdb"),
        (rb'{"reply":"\u001b[1m<b>I am the doctor</b>"}', "\x1b[1m<b>I am the doctor</b>"),
        ('{"reply":"喝茶 🍵"}'.encode(), "喝茶 🍵"),
    ],
)
async def test_whatever_the_text_is(ai: RawServer, body: bytes, text: str) -> None:
    """It stays text, without what cannot be kept."""
    ai.script = sends(response(body))
    assert (await asked(ai.url))[0].text == text
