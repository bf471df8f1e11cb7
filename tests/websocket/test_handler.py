"""One socket as a client sees it, from `connected` to the close code."""

import asyncio
import json
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.db.engine import Database
from app.repositories.message_repository import MessageRepository
from app.websocket.close_codes import CloseCode
from tests.support.locking import locked
from tests.support.servers import run_service
from tests.support.sockets import RawSocket, open_socket
from tests.websocket.clinic import Clinic, silent, until


def ping_of(size: int) -> str:
    """A frame of exactly this many bytes, mostly blanks."""
    frame = '{"type":"ping"}'
    return frame + " " * (size - len(frame))


async def test_connected_tells_all(clinic: Clinic) -> None:
    """The first frame has every field of the contract, and each group with where it stands."""
    group = await clinic.group("dora", "pat")
    await clinic.send(group, "dora", "Good morning")
    async with clinic.socket("pat") as pat:
        connected = pat.connected
    assert connected["type"] == "connected"
    assert connected["user_id"] == clinic.id("pat")
    assert connected["connection_id"].startswith("conn_")
    assert connected["epoch"] == clinic.server.container.epoch
    assert connected["heartbeat_s"] == 25
    assert connected["max_frame_bytes"] == 65536
    assert connected["groups"] == {
        group: {"last_seq": 1, "user_role": "PATIENT", "ai_mode": "auto"}
    }
    told = datetime.strptime(connected["server_time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=30)


async def test_every_connection_has_its_own_id(clinic: Clinic) -> None:
    """Two connections of one user can be told apart."""
    async with clinic.socket("pat") as phone, clinic.socket("pat") as desk:
        assert phone.connected["connection_id"] != desk.connected["connection_id"]


async def test_user_comes_into_being_on_connecting(clinic: Clinic) -> None:
    """In open mode a user nobody knew may connect at once, and has no groups yet."""
    async with clinic.socket("newcomer") as newcomer:
        assert newcomer.connected["groups"] == {}


async def test_ping(clinic: Clinic) -> None:
    """A ping of the application has a pong, and nothing else."""
    async with clinic.socket("pat") as pat:
        assert await silent(pat)


REFUSED = [
    ('{"type":"dance"}', "type"),
    ("{}", "type"),
    ('{"type":7}', "type"),
    ('{"type":null}', "type"),
    ("[]", "object"),
    ('"ping"', "object"),
    ('{"type":"ping","extra":1}', "extra"),
    ('{"type":"auth"}', "token"),
    ('{"type":"send_message"}', "content"),
    ('{"type":"send_message","group_id":"g","content":null}', "content"),
    ('{"type":"send_message","group_id":"g","content":["x"]}', "content"),
    ('{"type":"send_message","group_id":"","content":"x"}', "group_id"),
    ('{"type":"send_message","group_id":5,"content":"x"}', "group_id"),
    ('{"type":"send_message","group_id":"g","content":"x","clientMsgId":"1"}', "clientMsgId"),
    ('{"type":"send_message","group_id":"g","content":"x","client_msg_id":1}', "client_msg_id"),
    ('{"type":"send_message","group_id":"g","content":"half a pair: \\ud83d"}', "surrogate"),
]


@pytest.mark.parametrize(("frame", "named"), REFUSED)
async def test_frame_of_the_wrong_form(clinic: Clinic, frame: str, named: str) -> None:
    """Is refused with 1004 and what is wrong with it; the connection lives on."""
    async with clinic.socket("pat") as pat:
        await pat.connection.send(frame)
        error = await pat.receive("error")
        assert (error["number"], error["code"]) == (1004, "INVALID_PARAMETER")
        assert error["retryable"] is False
        assert named in error["message"]
        assert await silent(pat)


@pytest.mark.parametrize(
    "wrong",
    [{"content": 5}, {}, {"content": "x", "unknown": True}, {"content": "\ud83d"}],
    ids=["wrong type", "missing", "unknown field", "half a surrogate pair"],
)
async def test_refused_frame_names_its_message(clinic: Clinic, wrong: dict[str, Any]) -> None:
    """A sender who waits for this client_msg_id hears that it was refused."""
    async with clinic.socket("pat") as pat:
        await pat.send(type="send_message", group_id="group_x", client_msg_id="c-1", **wrong)
        error = await pat.receive("error")
    assert (error["number"], error["client_msg_id"], error["group_id"]) == (1004, "c-1", "group_x")


@pytest.mark.parametrize("wrong", ["\ud83d", "", "x" * 65, 7, None, ["a"]])
async def test_refused_frame_with_an_id_that_is_none(clinic: Clinic, wrong: Any) -> None:
    """An id that could not be right is not repeated."""
    async with clinic.socket("pat") as pat:
        await pat.send(type="send_message", group_id=wrong, client_msg_id=wrong)
        error = await pat.receive("error")
    assert error["number"] == 1004
    assert "client_msg_id" not in error
    assert "group_id" not in error


NOT_JSON = ["ping", "", "{", '{"type":"ping"', '{"type":"ping"} {}', "NaN", "{'type':'ping'}"]


@pytest.mark.parametrize("frame", NOT_JSON)
async def test_text_that_is_not_json(clinic: Clinic, frame: str) -> None:
    """Is told so, and closed with 4501."""
    async with clinic.socket("pat") as pat:
        await pat.connection.send(frame)
        assert (await pat.receive("error"))["number"] == 1004
        assert await pat.closed() == 4501


async def test_nesting_without_end(clinic: Clinic) -> None:
    """What no parser should have to follow is told so, and closed with 4501."""
    async with clinic.socket("pat") as pat:
        await pat.connection.send('{"x":' + "[" * 30_000 + "]" * 30_000 + ',"type":"ping"}')
        assert (await pat.receive("error"))["number"] == 1004
        assert await pat.closed() == 4501


async def test_binary_frame(clinic: Clinic) -> None:
    """Is told so, and closed with 4501."""
    async with clinic.socket("pat") as pat:
        await pat.connection.send(b'{"type":"ping"}')
        assert (await pat.receive("error"))["number"] == 1004
        assert await pat.closed() == 4501


async def test_largest_frame(clinic: Clinic) -> None:
    """65,536 bytes are taken."""
    async with clinic.socket("pat") as pat:
        await pat.connection.send(ping_of(65536))
        assert await pat.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    "frame", [ping_of(65537), json.dumps({"type": "é" * 32765}, ensure_ascii=False)]
)
async def test_frame_too_large(clinic: Clinic, frame: str) -> None:
    """A byte more, counted in UTF-8, is refused with 1006, and closed with 4501."""
    async with clinic.socket("pat") as pat:
        assert len(frame.encode()) > 65536
        await pat.connection.send(frame)
        error = await pat.receive("error")
        assert (error["number"], error["code"]) == (1006, "FRAME_TOO_LARGE")
        assert await pat.closed() == 4501


async def test_frame_much_too_large(clinic: Clinic) -> None:
    """Is refused as soon as its length is known, and nobody else notices. (Other servers close it
    by themselves, with a code of their own.)"""
    if clinic.server.foreign:
        pytest.skip("is not told of frames beyond its server's own limit")
    async with clinic.socket("pat") as pat, clinic.socket("dora") as dora:
        await pat.connection.send(ping_of(65536 * 40))
        assert (await pat.receive("error"))["number"] == 1006
        assert await pat.closed() == 4501
        assert await silent(dora)


async def test_frames_in_pieces(clinic: Clinic) -> None:
    """A message may come in several WebSocket fragments."""
    async with clinic.socket("pat") as pat:
        await pat.connection.send(['{"type"', ':"pi', 'ng"}'])
        assert await pat.receive() == {"type": "pong"}


@pytest.mark.parametrize("path", ["x" * 49, "a%20b", "a%0Ab", "%3F"])
async def test_path_that_is_no_user_id(clinic: Clinic, path: str) -> None:
    """Is refused with 1004, and closed with 4501: trying again would not help."""
    async with open_socket(clinic.server.ws_url, path, greeted=False) as nobody:
        assert (await nobody.receive("error"))["number"] == 1004
        assert await nobody.closed() == 4501


async def test_nothing_else_is_served(clinic: Clinic) -> None:
    """A path without a user is no socket."""
    with pytest.raises(InvalidStatus, match=r"HTTP 40[34]"):
        async with connect(f"{clinic.server.ws_url}/ws", proxy=None):
            pass


async def test_token_in_open_mode(clinic: Clinic) -> None:
    """Who sends one to a service without tokens is told so, and stays."""
    async with clinic.socket("pat") as pat:
        await pat.send(type="auth", token="any")
        assert (await pat.receive("error"))["number"] == 5001
        assert await silent(pat)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_failure_inside(private_clinic: Clinic) -> None:
    """A frame that makes the service itself fail has 9001, and a line in the log without its text;
    the connection lives on."""
    with capture_logs() as logs:
        async with private_clinic.socket("pat") as pat:
            await private_clinic.run(
                lambda db: db.execute(text("ALTER TABLE users RENAME TO gone"))
            )
            await pat.send(type="send_message", content="secret", client_msg_id="c-1")
            error = await pat.receive("error")
            assert (error["number"], error["retryable"]) == (9001, True)
            assert error["client_msg_id"] == "c-1"
            assert await silent(pat)
    (failed,) = [line for line in logs if line["event"] == "frame_failed"]
    assert failed["connection_id"] == pat.connected["connection_id"]
    assert "secret" not in str(logs)


async def test_hub_forgets_who_has_gone(clinic: Clinic) -> None:
    """However a connection ends, nothing of it stays behind."""
    hub = clinic.server.container.hub
    await until(lambda: hub.connection_count == 0)
    async with clinic.socket("pat") as polite, clinic.socket("pat") as rude:
        assert hub.connection_count == 2
        await polite.connection.close()
        rude.connection.transport.abort()
        await until(lambda: hub.connection_count == 0)


async def test_going_down(database_url: str, database: Database) -> None:
    """Every socket hears 4001, and what was accepted before it is stored, in order."""
    with ExitStack() as running:
        clinic = Clinic(running.enter_context(run_service(database_url=database_url)), "x")
        group = await clinic.group("dora", "pat")
        async with clinic.socket("dora") as dora, clinic.socket("pat") as pat:
            for number in range(40):
                await dora.send(type="send_message", group_id=group, content=str(number))
            first = await dora.receive("message_sent")
            stopping = asyncio.create_task(asyncio.to_thread(running.close))
            acknowledged = [first["message_id"], *await _acknowledged_until(dora, 4001)]
            assert await pat.closed() == 4001
        await stopping
    with database.reading() as db:
        stored = MessageRepository(db).after(group, 0, 100)
    assert [m.msg_content for m in stored] == [str(n) for n in range(len(stored))]
    assert [m.message_id for m in stored][: len(acknowledged)] == acknowledged


async def _acknowledged_until(socket: RawSocket, code: int) -> list[str]:
    heard = []
    with suppress(ConnectionClosed):
        while True:
            heard.append((await socket.receive("message_sent"))["message_id"])
    assert socket.connection.close_code == code
    return heard


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_connecting_while_going_down(private_clinic: Clinic) -> None:
    """Whoever slipped in after the others were told is told 4001 too."""
    server = private_clinic.server
    async with private_clinic.socket("pat") as pat:
        draining = asyncio.run_coroutine_threadsafe(
            server.container.hub.drain(CloseCode.GOING_DOWN), server.loop
        )
        assert await pat.closed() == 4001
        async with open_socket(server.ws_url, "late", greeted=False) as late:
            assert await late.closed() == 4001
        await asyncio.wrap_future(draining)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("server_settings", [{"database_timeout": 0.1}])
async def test_database_busy_while_connecting(private_clinic: Clinic, database_url: str) -> None:
    """A newcomer who cannot be stored is told 5004 and closed with 4001: come back later."""
    with locked(database_url):
        async with open_socket(private_clinic.server.ws_url, "new", greeted=False) as newcomer:
            error = await newcomer.receive("error")
            assert (error["number"], error["retryable"]) == (5004, True)
            assert await newcomer.closed() == 4001
    async with private_clinic.socket("new") as newcomer:
        assert newcomer.connected["type"] == "connected"
