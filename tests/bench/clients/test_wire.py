import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.wire import FrameReader, Opcode, ProtocolError, client_frame
from tests.bench.frames import server_frame


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, b"\x81\x80"),
        (125, b"\x81\xfd"),
        (126, b"\x81\xfe\x00\x7e"),
        (65535, b"\x81\xfe\xff\xff"),
        (65536, b"\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_client_frame_is_masked_with_zeros_and_says_its_length(length: int, head: bytes) -> None:
    payload = b"x" * length
    assert client_frame(Opcode.TEXT, payload) == head + bytes(4) + payload


@given(
    frames=st.lists(
        st.tuples(
            st.sampled_from([Opcode.TEXT, Opcode.PING, Opcode.CLOSE]),
            st.sampled_from([0, 1, 125, 126, 300, 65535, 65536]).map(lambda n: b"y" * n),
        ),
        max_size=4,
    ),
    cuts=st.lists(st.integers(1, 70000), max_size=8),
)
def test_frames_come_out_the_same_however_the_network_cuts_them(
    frames: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(server_frame(*frame) for frame in frames)
    reader, found = FrameReader(), list[tuple[int, bytes]]()
    for size in cuts:
        found += reader.feed(stream[:size])
        stream = stream[size:]
    found += reader.feed(stream)
    assert found == frames


def test_a_frame_may_come_byte_by_byte() -> None:
    reader, found = FrameReader(), list[tuple[int, bytes]]()
    for byte in server_frame(Opcode.TEXT, b"z" * 200):
        found += reader.feed(bytes([byte]))
    assert found == [(Opcode.TEXT, b"z" * 200)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(client_frame(Opcode.TEXT, b"masked"), id="masked"),
        pytest.param(b"\x01\x01a", id="first part of a message"),
        pytest.param(b"\x80\x01a", id="last part of a message"),
    ],
)
def test_what_no_server_of_ours_sends_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader().feed(data))
