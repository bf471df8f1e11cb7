"""A member of a group in which an AI speaks too."""

from bench.clients.member import Sender
from bench.clients.transcript import check_seq, seq_of

REPLY = b'{"type":"ai_reply",'
"""What else is told of replies (begun, so far, failed) is no message, and has no `seq`."""


class GroupPatient(Sender):
    """The AI's replies stand in the order of the group's messages like anybody's."""

    def take_frame(self, payload: bytes) -> None:
        if not payload.startswith(REPLY):
            super().take_frame(payload)
            return
        seq = seq_of(payload)
        check_seq(seq, self._seen + 1)
        self._seen = seq
