from app.websocket.burst import Burst, header
from app.websocket.close_codes import CloseCode
from app.websocket.connection import Connection
from tests.websocket.recorder import NoWire


class Reader(NoWire):
    """The other end of a socket, which takes frames only while it is awake."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.received: list[bytes] = []
        self.awake = True
        self.closed: tuple[int, str] | None = None

    def write(self, burst: Burst) -> None:
        (self.received if self.awake else self.waiting).append(burst.raw)

    def unsent(self) -> int:
        return sum(map(len, self.waiting))

    def wake(self) -> None:
        self.received += self.waiting
        self.waiting.clear()

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)


def connect(reader: Reader, max_unsent: int = 100) -> Connection:
    return Connection("conn_1", "pat", reader, max_unsent)


def burst(size: int) -> Burst:
    """Of so many bytes on the wire."""
    return Burst(b"x" * (size - len(header(size))))


def test_frames_leave_in_order() -> None:
    """And at once."""
    reader = Reader()
    connection = connect(reader)
    connection.push(Burst(b"a", b"b"))
    connection.push(Burst(b"c"))
    assert reader.received == [Burst(b"a", b"b").raw, Burst(b"c").raw]


def test_closed_connection_takes_nothing() -> None:
    """A frame after the close is refused, not lost silently."""
    reader = Reader()
    connection = connect(reader)
    connection.close(CloseCode.GOING_DOWN)
    assert not connection.push(Burst(b"a"))
    assert (reader.received, reader.closed) == ([], (4001, "going_down"))


def test_first_reason_counts() -> None:
    """A connection that is closed twice tells the first reason."""
    reader = Reader()
    connection = connect(reader)
    connection.close(CloseCode.PROTOCOL_VIOLATION)
    connection.close(CloseCode.GOING_DOWN)
    assert connection.close_code is CloseCode.PROTOCOL_VIOLATION
    assert reader.closed == (4501, "protocol_violation")


def test_reader_too_slow() -> None:
    """When more piles up than allowed, the connection is closed with 4008."""
    reader = Reader()
    reader.awake = False
    connection = connect(reader, max_unsent=100)
    pushed = [connection.push(burst(30)) for _ in range(6)]
    assert pushed == [True, True, True, False, False, False]
    assert reader.closed == (4008, "reader_too_slow")


def test_what_has_left_no_longer_counts() -> None:
    """A reader that keeps up may be sent any amount."""
    reader = Reader()
    reader.awake = False
    connection = connect(reader)
    for _ in range(50):
        assert connection.push(burst(90))
        reader.wake()
    assert len(reader.received) == 50


def test_one_large_burst() -> None:
    """Only what waits is limited: a user in very many groups can be greeted, and one who was away
    for long can be told; what comes next may wait behind that, as far as always."""
    reader = Reader()
    reader.awake = False
    connection = connect(reader, max_unsent=100)
    assert connection.push(burst(100_000))
    assert connection.push(burst(90))
    reader.wake()
    assert connection.push(burst(90))
    assert not connection.push(burst(90))
