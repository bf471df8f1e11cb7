"""What a client may send, cut by the network wherever it likes."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from app.websocket.scanner import Scanner

LIMIT = 70_000


@dataclass
class Heard:
    """In order: texts as str, other frames as bytes, "too long" as None."""

    all: list[str | bytes | None] = field(default_factory=list)

    def scanner(self) -> Scanner:
        return Scanner(
            lambda text: self.all.append(text.decode()),
            self.all.append,
            lambda: self.all.append(None),
            LIMIT,
        )


def wire(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=True)


def scan(*chunks: bytes) -> list[str | bytes | None]:
    heard = Heard()
    scanner = heard.scanner()
    for chunk in chunks:
        scanner.feed(chunk)
    return heard.all


TEXT = st.text(max_size=200) | st.sampled_from([125, 126, 127, 65535, 65536]).map("x".__mul__)


@given(st.lists(TEXT, max_size=8), st.lists(st.integers(0, 100_000), max_size=8))
def test_texts_however_they_are_cut(texts: list[str], cuts: list[int]) -> None:
    """Each text comes out whole, once, in order."""
    raw = b"".join(wire(Opcode.TEXT, text.encode()) for text in texts)
    places = sorted(min(cut, len(raw)) for cut in cuts)
    chunks = [raw[a:b] for a, b in zip([0, *places], [*places, len(raw)], strict=True)]
    assert scan(*chunks) == texts


def test_one_byte_at_a_time() -> None:
    """Headers may be cut anywhere, too."""
    raw = wire(Opcode.TEXT, b"x" * 300) + wire(Opcode.PING, b"?") + wire(Opcode.TEXT, b"y")
    chunks = [raw[place : place + 1] for place in range(len(raw))]
    assert scan(*chunks) == ["x" * 300, raw[308:315], "y"]


def test_other_frames_go_on_as_they_are() -> None:
    """Pings between texts, binary frames, closes: whole, and in their place."""
    ping, binary, close = (
        wire(Opcode.PING, b""),
        wire(Opcode.BINARY, b"\0"),
        wire(Opcode.CLOSE, b""),
    )
    assert scan(ping + wire(Opcode.TEXT, b"a") + binary + close) == [ping, "a", binary, close]


def test_fragments() -> None:
    """A message in fragments is somebody else's, as is whatever comes inside it: a text there is
    a breach that the other side finds."""
    begin, ping = wire(Opcode.TEXT, b"a", fin=False), wire(Opcode.PING, b"")
    wrong, end = wire(Opcode.TEXT, b"b"), wire(Opcode.CONT, b"c")
    assert scan(begin + ping + wrong) == [begin, ping, wrong]
    assert scan(begin + ping + end + wire(Opcode.TEXT, b"d")) == [begin, ping, end, "d"]


def test_unmasked() -> None:
    """Clients must mask; all from there on goes to the strict side."""
    raw = Frame(Opcode.TEXT, b"a").serialize(mask=False) + wire(Opcode.TEXT, b"b")
    assert scan(raw, b"more") == [raw, b"more"]
    assert scan(b"\x88\x00") == [b"\x88\x00"]


def test_too_long() -> None:
    """Told as soon as the length is known; its bytes are passed over, and the next is read."""
    long, after = wire(Opcode.TEXT, b"x" * (LIMIT + 1)), wire(Opcode.TEXT, b"y")
    assert scan(long[:14]) == [None]
    assert scan(long + after) == [None, "y"]
    chunks = [(long + after)[place : place + 1000] for place in range(0, len(long + after), 1000)]
    assert scan(*chunks) == [None, "y"]


def test_longest() -> None:
    """The limit itself is allowed."""
    assert scan(wire(Opcode.TEXT, b"x" * LIMIT)) == ["x" * LIMIT]


def test_endless_fragment() -> None:
    """One that is too long and no ordinary text is not waited for."""
    raw = wire(Opcode.BINARY, b"x" * (LIMIT + 1))[:20]
    assert scan(raw) == [raw]
