import asyncio
import json
from typing import Any

import pytest

from bench.clients.http_user import HttpUser
from bench.clients.socket_user import SocketUser
from bench.clients.tally import Tally
from bench.clients.user import Place, User
from tests.bench.frames import SWITCHING, Wire, server_frame, text


def connect(kind: type[User], *, window: int = 1) -> tuple[User, Wire, Tally]:
    tally, wire = Tally(counting_from=0, sending=True), Wire()
    user = kind(Place("127.0.0.1", 80, "u", "group_a", b"hello", window), tally)
    user.connection_made(wire)
    return user, wire, tally


def sent_in(write: bytes) -> list[dict[str, Any]]:
    """The messages of one write to a WebSocket."""
    found = []
    while write:
        length = write[1] & 0x7F
        assert length < 126
        found.append(json.loads(write[6 : 6 + length]))
        write = write[6 + length :]
    return found


def acknowledgement(client_msg_id: str) -> bytes:
    return text(type="message_sent", seq=1, content="hello", client_msg_id=client_msg_id)


async def test_a_window_is_filled_and_each_answer_sends_one_more() -> None:
    user, wire, tally = connect(SocketUser, window=2)
    user.data_received(SWITCHING + text(type="connected"))
    await user.ready
    user.start()
    first, second = sent_in(wire.written[-1])
    assert first == {
        "type": "send_message",
        "group_id": "group_a",
        "content": "hello",
        "client_msg_id": "00000001",
    }
    user.data_received(acknowledgement("00000001") + acknowledgement(second["client_msg_id"]))
    assert [m["client_msg_id"] for m in sent_in(wire.written[-1])] == ["00000003", "00000004"]
    assert (tally.acknowledged, tally.in_flight, len(tally.latencies)) == (2, 2, 2)


async def test_a_second_acknowledgement_is_noticed() -> None:
    user, _, tally = connect(SocketUser)
    user.data_received(SWITCHING)
    user.start()
    user.data_received(acknowledgement("00000001") * 2)
    assert (tally.acknowledged, tally.unexpected) == (1, 1)


async def test_a_refusal_is_counted_and_the_next_message_follows_later() -> None:
    user, wire, tally = connect(SocketUser)
    user.data_received(SWITCHING)
    user.start()
    user.data_received(text(type="error", code="OVERLOADED", client_msg_id="00000001"))
    assert (dict(tally.errors), tally.in_flight) == ({"OVERLOADED": 1}, 0)
    await asyncio.sleep(0.1)
    assert sent_in(wire.written[-1])[0]["client_msg_id"] == "00000002"


async def test_a_ping_is_answered() -> None:
    user, wire, _ = connect(SocketUser)
    user.data_received(SWITCHING + server_frame(9, b"1234"))
    assert wire.written[-1] == b"\x8a\x84" + bytes(4) + b"1234"


async def test_no_one_waits_for_a_socket_that_is_refused() -> None:
    user, _, _ = connect(SocketUser)
    user.data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    with pytest.raises(ConnectionError, match="403 Forbidden"):
        await user.ready


async def test_a_lost_connection_breaks_the_run() -> None:
    user, wire, tally = connect(SocketUser)
    user.data_received(SWITCHING + text(type="connected") + server_frame(8, b"\x0f\xa1going_down"))
    assert tally.broken.is_set()
    assert wire.closed
    assert list(tally.errors) == ["the server closed a WebSocket with 4001 going_down"]


async def test_nothing_is_sent_after_the_end_and_the_last_answer_ends_the_wait() -> None:
    user, wire, tally = connect(SocketUser)
    user.data_received(SWITCHING)
    user.start()
    tally.stop_sending()
    assert not tally.over.is_set()
    written = len(wire.written)
    user.data_received(acknowledgement("00000001"))
    assert tally.over.is_set()
    assert len(wire.written) == written


def answer(status: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


async def test_an_http_answer_may_come_in_pieces() -> None:
    user, wire, tally = connect(HttpUser)
    user.start()
    head, _, body = wire.written[-1].partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["client_msg_id"] == "00000001"
    for byte in answer("200 OK", {"client_msg_id": "00000001"}):
        user.data_received(bytes([byte]))
    assert tally.acknowledged == 1
    assert len(wire.written) == 2


async def test_an_http_refusal_is_counted_by_its_code() -> None:
    user, _, tally = connect(HttpUser)
    user.start()
    user.data_received(answer("503 Service Unavailable", {"error": {"code": "OVERLOADED"}}))
    assert dict(tally.errors) == {"OVERLOADED": 1}


async def test_an_answer_to_another_message_breaks_the_run() -> None:
    user, _, tally = connect(HttpUser)
    user.start()
    user.data_received(answer("200 OK", {"client_msg_id": "00000007"}))
    assert tally.broken.is_set()
