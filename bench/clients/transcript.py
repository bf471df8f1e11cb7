"""What the members of a group receive, kept once, so that most of it need only be compared.

Members who send nothing receive the same bytes. The first one to receive a frame has it checked
and appended here; for the others, however the network cuts their stream, it is enough that the
bytes at their place are equal: same messages, same order, none left out, none twice.
"""

from array import array
from bisect import bisect_right

from bench.clients.room import Room

SEQ_KEY = b'"seq":'
KEPT_BYTES = 1 << 25


class Disorder(Exception):
    """A message was lost, doubled, changed, or out of its order."""


class Transcript(Room):
    """Positions are bytes from the first message on."""

    def __init__(self, members: int) -> None:
        super().__init__(members)
        self._kept = bytearray()
        self._dropped = 0
        self._ends = array("q", [0])

    @property
    def length(self) -> int:
        return self._ends[-1]

    def count_at(self, position: int) -> int:
        """How many messages are whole there."""
        return bisect_right(self._ends, position) - 1

    def repeats(self, data: bytes, position: int) -> bool:
        return self._kept.startswith(data, position - self._dropped)

    def since_frame(self, position: int) -> bytes:
        """What has been received of the frame that is not whole at this position."""
        begin = self._ends[self.count_at(position)]
        return bytes(self._kept[begin - self._dropped : position - self._dropped])

    def take(self, frame: bytes, position: int) -> int:
        """The position after one whole frame of a message. Raises Disorder."""
        seq, due = seq_of(frame), self.count_at(position) + 1
        check_seq(seq, due)
        if position < self.length:
            if not self.repeats(frame, position):
                raise Disorder(f"message {seq} does not look the same to every member")
        else:
            self._append(frame)
        return position + len(frame)

    def _append(self, frame: bytes) -> None:
        self._kept += frame
        self._ends.append(self._ends[-1] + len(frame))
        if len(self._kept) > KEPT_BYTES:
            done = self._ends[min(self.counts)] - self._dropped
            del self._kept[:done]
            self._dropped += done


def seq_of(frame: bytes) -> int:
    """Raises Disorder for a message without."""
    begin = frame.find(SEQ_KEY) + len(SEQ_KEY)
    digits = frame[begin : frame.find(b",", begin)]
    if begin < len(SEQ_KEY) or not digits.isdigit():
        raise Disorder("a message has no seq")
    return int(digits)


def check_seq(seq: int, due: int) -> None:
    """Raises Disorder."""
    if seq > due:
        raise Disorder(f"message {seq} came where {due} was due: lost, or out of order")
    if seq < due:
        raise Disorder(f"message {seq} came where {due} was due: doubled, or out of order")
