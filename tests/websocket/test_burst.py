import json

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from app.websocket.burst import Burst, header

LENGTHS = (0, 1, 125, 126, 127, 65535, 65536, 70000)


def parsed(raw: bytes) -> list[Frame]:
    """As a strict client reads them."""
    reader = StreamReader()
    reader.feed_data(raw)
    reader.feed_eof()
    frames = []
    while reader.buffer:
        parser = Frame.parse(reader.read_exact, mask=False)
        try:
            while True:
                next(parser)
        except StopIteration as done:
            frames.append(done.value)
    return frames


@given(st.lists(st.binary(max_size=300)))
def test_frames_read_back(payloads: list[bytes]) -> None:
    """Whatever is joined is read as so many whole text frames, in order."""
    frames = parsed(Burst(*payloads).raw)
    assert [frame.data for frame in frames] == payloads
    assert all(frame.opcode is Opcode.TEXT and frame.fin for frame in frames)


def test_lengths_at_the_limits() -> None:
    """One, two or eight bytes tell the length, as few as can."""
    for length in LENGTHS:
        (frame,) = parsed(Burst(b"x" * length).raw)
        assert len(frame.data) == length
    assert [len(header(length)) for length in LENGTHS] == [2, 2, 2, 4, 4, 4, 10, 10]


def test_joined_once() -> None:
    """All receivers share the very same bytes."""
    burst = Burst(json.dumps({"type": "pong"}).encode())
    assert burst.raw is burst.raw
