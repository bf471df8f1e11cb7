"""A user of ejabberd: raw XMPP, written ahead and read by byte search.

What counts as an acknowledgement is the room's own copy of the message, which the room sends to all
after it has been archived: it carries the id in the archive.
"""

import asyncio
import re

from bench.clients.order import Order
from bench.clients.tally import Tally
from bench.clients.user import Place, User, clock
from bench.service import Seat

STREAM = (
    b"<stream:stream to='localhost' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
BIND = b"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
JOIN = (
    "<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'>"
    "<history maxstanzas='0'/></x></presence>"
)
HEAD = "<message to='{room}' type='groupchat' id='"
END = b"</message>"
TAKEN = re.compile(
    rb"from='[^/']*/([^']*)'[^>]* id='(\d+)'.*<stanza-id [^>]*id='\d+'.*<body>", re.DOTALL
)
BROKEN = re.compile(rb"<stream:error>.*|<failure .*|<message [^>]*type='error'.*", re.DOTALL)


class XmppUser(User):
    """In a room, of which it may be the only member."""

    def __init__(self, place: Place, tally: Tally, seat: Seat) -> None:
        super().__init__(place, tally)
        assert isinstance(seat.room, Order)  # noqa: S101 - made for it
        self._room = seat.room
        self._number = seat.number
        self._seen = 0
        self._nick = place.user_id.encode()
        self._begin = HEAD.format(room=place.group_id).encode()
        self._end = b"'><body>" + place.content + b"</body>" + END
        join = JOIN.format(room=place.group_id, nick=place.user_id).encode()
        self._steps = [
            (STREAM, b"</stream:features>"),
            (AUTH, b"<success"),
            (STREAM, b"</stream:features>"),
            (BIND, b"</iq>"),
            (join, b"<subject"),
        ]
        self._rest = b""

    def frame(self, client_msg_id: bytes) -> bytes:
        return self._begin + client_msg_id + self._end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.write(self._steps[0][0])

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if self._steps:
            self._enter()
        elif END in data:
            self._take()
        elif BROKEN.search(self._rest):
            self.fail(f"ejabberd answered {self._rest.decode(errors='replace')}")

    def _enter(self) -> None:
        """Each step is answered before the next."""
        if self._steps[0][1] not in self._rest:
            if b"<failure" in self._rest or b"type='error'" in self._rest:
                self.fail(f"ejabberd refused a user: {self._rest.decode(errors='replace')}")
            return
        self._rest = b""
        del self._steps[0]
        if self._steps:
            self.write(self._steps[0][0])
        else:
            self.ready.set_result(None)

    def _take(self) -> None:
        *stanzas, self._rest = self._rest.split(END)
        now, own = clock(), 0
        for stanza in stanzas:
            if (found := TAKEN.search(stanza)) is not None:
                own += self._take_message(found[1], found[2], now)
            elif BROKEN.search(stanza):
                self.fail(f"ejabberd answered {stanza.decode(errors='replace')}")
        self._room.advance(self._number, self._seen, clock())
        self.answered(own)

    def _take_message(self, nick: bytes, client_msg_id: bytes, now: float) -> bool:
        self._seen += 1
        if fault := self._room.fault(b"%b %b" % (nick, client_msg_id), self._seen):
            self.fail(f"{self.place.user_id}: {fault}")
        if nick != self._nick:
            return False
        sent_at = self.acknowledged(client_msg_id, now)
        if sent_at is None:
            return False
        self._room.sent[self._seen] = sent_at
        return True
