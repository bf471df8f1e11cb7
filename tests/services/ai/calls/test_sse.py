import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.ai.calls.faults import TooLong
from app.services.ai.calls.sse import EventParser

CASES = {
    "one": (b"data: a\n\n", ["a"]),
    "no blank after the colon": (b"data:a\n\n", ["a"]),
    "only one blank is taken off": (b"data:  a\n\n", [" a"]),
    "carriage returns": (b"data: a\r\rdata: b\r\r", ["a", "b"]),
    "both": (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
    "mixed": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\n\r", ["a", "b", "c"]),
    "many lines": (b"data: a\ndata: b\n\n", ["a\nb"]),
    "a comment": (b": hello\ndata: a\n\n", ["a"]),
    "other fields": (b"event: x\nid: 1\nretry: 5\ndata: a\nwhat: b\n\n", ["a"]),
    "no data": (b"event: x\n\n\n\ndata: a\n\n", ["a"]),
    "empty data": (b"data\n\ndata:\n\n", ["", ""]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    "a mark in the middle": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", ["a"]),
    "a name that only begins so": (b"database: a\n\n", []),
    "cut off": (b"data: a\n\ndata: b\n", ["a"]),
    "not UTF-8": (b"data: \xff\n\n", ["\ufffd"]),
    "text": ("data: 你好 😀\n\n".encode(), ["你好 😀"]),
    "separators of Unicode": ("data: a\u2028b\x0bc\x85\n\n".encode(), ["a\u2028b\x0bc\x85"]),
}


@pytest.mark.parametrize(("stream", "found"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_streams_of_the_standard(stream: bytes, found: list[str], size: int) -> None:
    """Wherever the network cuts it, between CR and LF or inside a character."""
    parser = EventParser(1000)
    chunks = [stream[i : i + size] for i in range(0, len(stream), size)]
    assert [event for chunk in chunks for event in parser.feed(chunk)] == found


@given(st.lists(st.text(max_size=20)), st.sampled_from(["\n", "\r", "\r\n"]), st.data())
def test_what_is_written_is_read(texts: list[str], end: str, data: st.DataObject) -> None:
    """Any text, any line end, any cut."""
    lines = [text.replace("\r", " ").replace("\n", " ") for text in texts]
    stream = "".join(f"data: {line}{end}{end}" for line in lines).encode()
    parser = EventParser(1000)
    events: list[str] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        events += parser.feed(stream[:size])
        stream = stream[size:]
    assert events == lines


@pytest.mark.parametrize("piece", [b"x", b":", b"data: x\n", b"data\n"])
def test_a_line_and_an_event_have_a_bound(piece: bytes) -> None:
    """Of many pieces, none of which ends it; nothing over the bound is kept."""
    parser = EventParser(100)
    for _ in range(100 // len(piece)):
        assert list(parser.feed(piece)) == []
    with pytest.raises(TooLong):
        list(parser.feed(piece * 30))


def test_the_bound_is_for_each_event() -> None:
    """A long stream of short ones, and of comments, goes on."""
    parser = EventParser(100)
    for _ in range(1000):
        assert list(parser.feed(b": still here\n\ndata: abc\n\n")) == ["abc"]
