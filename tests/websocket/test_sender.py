"""`send_message` as its sender and the others see it."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.models.enums import RecordStatus
from app.repositories.ai_interaction_repository import AIInteractionRepository
from app.repositories.group_member_repository import GroupMemberRepository
from app.repositories.session_repository import SessionRepository
from app.services.core.message_service import MessageService
from app.services.core.records import SendCommand
from tests.support.locking import locked
from tests.support.sockets import RawSocket
from tests.support.waiting import eventually
from tests.websocket.clinic import Clinic, silent, until

URL = "https://example.org/a.png"


async def say(
    socket: RawSocket, group_id: str | None = None, content: str = "x", **more: Any
) -> None:
    where = {} if group_id is None else {"group_id": group_id}
    await socket.send(type="send_message", content=content, **where, **more)


async def in_work(clinic: Clinic, sender: RawSocket) -> None:
    """What was sent has passed through the queue, and the database does not answer."""
    assert await silent(sender)
    await until(lambda: len(clinic.server.container.queue) == 0)


async def test_acknowledgement(clinic: Clinic) -> None:
    """The sender gets back what was stored, with its client_msg_id; the others without."""
    group = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat, clinic.socket("dora") as dora:
        await say(pat, group, "Good morning", client_msg_id="c-1")
        own, others = await pat.receive(), await dora.receive()
    (stored,) = await clinic.stored(group)
    created_at = stored.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert others == {
        "type": "message_sent",
        "message_id": stored.message_id,
        "group_id": group,
        "seq": 1,
        "from_user_id": clinic.id("pat"),
        "user_role": "PATIENT",
        "msg_type": "TEXT",
        "content": "Good morning",
        "created_at": created_at,
    }
    assert own == others | {"client_msg_id": "c-1"}


async def test_acknowledged_is_stored(clinic: Clinic) -> None:
    """When the acknowledgement is there, the message is in the database already."""
    group = await clinic.group("dora")
    async with clinic.socket("dora") as dora:
        for number in range(5):
            await say(dora, group, str(number))
            await dora.receive("message_sent")
            assert len(await clinic.stored(group)) == number + 1


async def test_every_connection_of_the_sender(clinic: Clinic) -> None:
    """Each gets the acknowledgement, with the client_msg_id, once."""
    group = await clinic.group("dora")
    async with clinic.socket("dora") as phone, clinic.socket("dora") as desk:
        await say(phone, group, client_msg_id="c-1")
        for socket in (phone, desk):
            assert (await socket.receive())["client_msg_id"] == "c-1"
            assert await silent(socket)


async def test_stranger_hears_nothing(clinic: Clinic) -> None:
    """Who is not in the group gets no frame of it."""
    group = await clinic.group("dora")
    async with clinic.socket("dora") as dora, clinic.socket("eve") as eve:
        await say(dora, group)
        await dora.receive("message_sent")
        assert await silent(eve)


async def test_many_at_once_keep_their_order(clinic: Clinic) -> None:
    """Messages that one socket sends without waiting are numbered in the order of sending."""
    group = await clinic.group("dora", "pat")
    async with clinic.socket("dora") as dora, clinic.socket("pat") as pat:
        for number in range(150):
            await say(dora, group, str(number))
        for socket in (dora, pat):
            heard = [await socket.receive() for _ in range(150)]
            assert [(f["seq"], f["content"]) for f in heard] == [
                (number + 1, str(number)) for number in range(150)
            ]


async def test_concurrent_senders(clinic: Clinic) -> None:
    """Several senders in one group: numbers 1 to n without gap, and all hear one order."""
    names = [f"user{number}" for number in range(6)]
    each = 25
    group = await clinic.group(*names)
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(clinic.socket(name)) for name in names]

        async def talk(socket: RawSocket) -> list[tuple[int, str]]:
            for number in range(each):
                await say(socket, group, str(number))
            frames = [await socket.receive() for _ in range(each * len(names))]
            return [(frame["seq"], frame["message_id"]) for frame in frames]

        heard = await asyncio.gather(*map(talk, sockets))
    stored = [(message.seq, message.message_id) for message in await clinic.stored(group)]
    assert [seq for seq, _ in stored] == list(range(1, each * len(names) + 1))
    assert heard == [stored] * len(names)


async def test_each_sender_keeps_its_order(clinic: Clinic) -> None:
    """However their messages mix, those of one sender stay in the order of sending."""
    group = await clinic.group("dora", "pat")
    async with clinic.socket("dora") as dora, clinic.socket("pat") as pat:
        for number in range(20):
            await asyncio.gather(say(dora, group, f"d{number}"), say(pat, group, f"p{number}"))
        heard = [(await pat.receive())["content"] for _ in range(40)]
        assert heard == [(await dora.receive())["content"] for _ in range(40)]
    assert [text for text in heard if text[0] == "d"] == [f"d{n}" for n in range(20)]
    assert [text for text in heard if text[0] == "p"] == [f"p{n}" for n in range(20)]


async def test_repeat(clinic: Clinic) -> None:
    """The same client_msg_id again gets the first message back; nobody else hears of it."""
    group = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat, clinic.socket("dora") as dora:
        await say(pat, group, client_msg_id="c-1")
        first = await pat.receive("message_sent")
        await say(pat, group, client_msg_id="c-1")
        assert await pat.receive() == first | {"duplicate": True}
        await dora.receive("message_sent")
        assert await silent(dora)
    assert len(await clinic.stored(group)) == 1


async def test_repeat_after_reconnecting(clinic: Clinic) -> None:
    """A sender who lost the acknowledgement repeats the message, which is stored once."""
    group = await clinic.group("pat")
    async with clinic.socket("pat") as pat:
        await say(pat, group, client_msg_id="c-1")
    await eventually(lambda: clinic.stored(group), lambda stored: len(stored) == 1)
    async with clinic.socket("pat") as pat:
        await say(pat, group, client_msg_id="c-1")
        assert (await pat.receive("message_sent"))["seq"] == 1
        assert await silent(pat)
    assert len(await clinic.stored(group)) == 1


async def test_concurrent_repeats(clinic: Clinic) -> None:
    """Two sockets that send the same client_msg_id at once make one message, whose repeat names
    it."""
    group = await clinic.group("pat")
    named: dict[str, set[str]] = {}

    async def first_of(socket: RawSocket) -> None:
        frame: dict[str, Any] = {"duplicate": True}
        while "duplicate" in frame:
            frame = await socket.receive("message_sent")
            named.setdefault(frame["client_msg_id"], set()).add(frame["message_id"])

    async with clinic.socket("pat") as phone, clinic.socket("pat") as desk:
        for number in range(20):
            for socket in (phone, desk):
                await say(socket, group, client_msg_id=str(number))
            await asyncio.gather(first_of(phone), first_of(desk))
    stored = await clinic.stored(group)
    assert len(stored) == 20
    assert named == {m.client_msg_id: {m.message_id} for m in stored}


async def test_same_client_msg_id_elsewhere(clinic: Clinic) -> None:
    """In another group, or from another sender, it is another message."""
    one, two = await clinic.group("dora", "pat"), await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat, clinic.socket("dora") as dora:
        await say(pat, one, client_msg_id="c-1")
        await say(pat, two, client_msg_id="c-1")
        await say(dora, one, client_msg_id="c-1")
        heard = [await pat.receive("message_sent") for _ in range(3)]
    assert all("duplicate" not in frame for frame in heard)


@pytest.mark.parametrize("other", [{"content": "y"}, {"content": URL, "msg_type": "IMAGE"}])
async def test_conflict(clinic: Clinic, other: dict[str, str]) -> None:
    """The same client_msg_id for something else is refused with 1005."""
    group = await clinic.group("pat")
    async with clinic.socket("pat") as pat:
        await say(pat, group, URL, client_msg_id="c")
        await pat.receive("message_sent")
        await say(pat, group, **other, client_msg_id="c")
        error = await pat.receive("error")
        assert (error["number"], error["code"]) == (1005, "CLIENT_MSG_ID_CONFLICT")
        assert (error["client_msg_id"], error["group_id"]) == ("c", group)
        assert await silent(pat)
    assert len(await clinic.stored(group)) == 1


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"content": ""}, 1001),
    ({"content": " \n\t　"}, 1001),
    ({"content": "é" * 5001}, 1002),
    ({"content": "a\x00b"}, 1004),
    ({"content": "x", "msg_type": "AI_REPLY"}, 1004),
    ({"content": "x", "msg_type": "VIDEO"}, 1004),
    ({"content": "no address", "msg_type": "IMAGE"}, 1004),
    ({"content": "x", "reply_to_message_id": "msg_unknown"}, 3002),
    ({"content": "x", "reply_to_message_id": ""}, 1004),
]


@pytest.mark.parametrize(("wrong", "number"), REFUSED)
async def test_refusal(clinic: Clinic, wrong: dict[str, Any], number: int) -> None:
    """Has its number and the ids of what it refuses; nothing is stored, and the next is taken."""
    group = await clinic.group("pat")
    async with clinic.socket("pat") as pat:
        await say(pat, group, **wrong, client_msg_id="c-1")
        error = await pat.receive("error")
        assert error["number"] == number
        assert (error["client_msg_id"], error["group_id"]) == ("c-1", group)
        await say(pat, group, "right", client_msg_id="c-1")
        assert (await pat.receive("message_sent"))["seq"] == 1
    assert [message.msg_content for message in await clinic.stored(group)] == ["right"]


@pytest.mark.parametrize("wrong", ["", "x" * 65, "a\nb", "a\x00b"])
async def test_client_msg_id_of_the_wrong_form(clinic: Clinic, wrong: str) -> None:
    """Is refused with 1004."""
    group = await clinic.group("pat")
    async with clinic.socket("pat") as pat:
        await say(pat, group, client_msg_id=wrong)
        assert (await pat.receive("error"))["number"] == 1004
    assert await clinic.stored(group) == []


async def test_longest_content(clinic: Clinic) -> None:
    """5000 characters are taken, however many bytes they are, and come back intact."""
    group = await clinic.group("pat")
    content = ("👩‍⚕️你好 é" * 1000)[:5000]
    async with clinic.socket("pat") as pat:
        await pat.connection.send(
            json.dumps(
                {"type": "send_message", "group_id": group, "content": content}, ensure_ascii=False
            )
        )
        assert (await pat.receive("message_sent"))["content"] == content
    assert (await clinic.stored(group))[0].msg_content == content


async def test_group_that_one_is_not_in(clinic: Clinic) -> None:
    """Is refused with 3001, word for word as a group that is not there."""
    group = await clinic.group("dora")
    async with clinic.socket("eve") as eve:
        refusals = []
        for group_id in (group, "group_unknown"):
            await say(eve, group_id, client_msg_id="c-1")
            error = await eve.receive("error")
            assert (error.pop("group_id"), error.pop("client_msg_id")) == (group_id, "c-1")
            refusals.append(error)
        assert await silent(eve)
    assert refusals[0] == refusals[1]
    assert refusals[0]["number"] == 3001
    assert await clinic.stored(group) == []


@pytest.mark.parametrize("group_id", ["a\x00b", "a\nb"])
async def test_group_id_that_cannot_be_one(clinic: Clinic, group_id: str) -> None:
    """Is refused with 1004 before it reaches the database, which might choke on it."""
    async with clinic.socket("pat") as pat:
        await say(pat, group_id, client_msg_id="c-1")
        error = await pat.receive("error")
        assert (error["number"], error["client_msg_id"]) == (1004, "c-1")


async def test_reply(clinic: Clinic) -> None:
    """A message may answer another of its group, and tells which."""
    group = await clinic.group("dora", "pat")
    first = await clinic.send(group, "pat", "?")
    async with clinic.socket("dora") as dora:
        await say(dora, group, reply_to_message_id=first.message_id)
        assert (await dora.receive("message_sent"))["reply_to_message_id"] == first.message_id


async def test_reply_into_another_group(clinic: Clinic) -> None:
    """Is refused with 3002, though the message exists."""
    here, there = await clinic.group("dora"), await clinic.group("dora")
    message = await clinic.send(there, "dora", "?")
    async with clinic.socket("dora") as dora:
        await say(dora, here, reply_to_message_id=message.message_id)
        assert (await dora.receive("error"))["number"] == 3002


async def test_image(clinic: Clinic) -> None:
    """An image is its address."""
    group = await clinic.group("pat")
    async with clinic.socket("pat") as pat:
        await say(pat, group, URL, msg_type="IMAGE")
        assert (await pat.receive("message_sent"))["msg_type"] == "IMAGE"


async def test_session(clinic: Clinic) -> None:
    """Without a group the message goes to the user's own session, which the first one opens."""
    async with clinic.socket("pat") as pat:
        assert pat.connected["groups"] == {}
        await say(pat, content="Hallo", client_msg_id="c-1")
        added = [await pat.receive("member_added") for _ in range(2)]
        sent = await pat.receive("message_sent")
    session = f"session_{clinic.id('pat')}"
    assert [frame["user_role"] for frame in added] == ["PATIENT", "AI_ASSISTANT"]
    assert (sent["session_id"], sent["group_id"]) == (clinic.id("pat"), session)
    assert (sent["seq"], sent["user_role"]) == (1, "PATIENT")
    async with clinic.socket("pat") as pat:
        assert pat.connected["groups"][session]["last_seq"] == 1


async def test_first_messages_of_a_session_keep_their_order(clinic: Clinic) -> None:
    """Those sent while the first is still opening the session come after it."""
    async with clinic.socket("pat") as pat:
        for number in range(10):
            await say(pat, content=str(number))
        heard = [(await pat.receive("message_sent"))["content"] for _ in range(10)]
    assert heard == [str(number) for number in range(10)]


async def test_refused_first_message(clinic: Clinic) -> None:
    """Opens no session, and names no group where the sender named none."""
    async with clinic.socket("pat") as pat:
        await say(pat, content="", client_msg_id="c-1")
        error = await pat.receive("error")
        assert (error["number"], error["client_msg_id"]) == (1001, "c-1")
        assert "group_id" not in error
        assert await silent(pat)


async def test_session_by_its_group(clinic: Clinic) -> None:
    """A session's own user may name it as the group it is, from the first message on."""
    async with clinic.socket("pat") as pat:
        await say(pat, f"session_{clinic.id('pat')}")
        assert (await pat.receive("message_sent"))["session_id"] == clinic.id("pat")


async def test_session_of_somebody_else(clinic: Clinic) -> None:
    """Is a group that one is not in, whether it exists or not."""
    async with clinic.socket("pat") as pat, clinic.socket("eve") as eve:
        session = f"session_{clinic.id('pat')}"
        await say(eve, session)
        assert (await eve.receive("error"))["number"] == 3001
        await say(pat)
        await pat.receive("message_sent")
        await say(eve, session)
        assert (await eve.receive("error"))["number"] == 3001
        assert await silent(pat)


async def test_left_session(clinic: Clinic) -> None:
    """Who left the session with the AI can neither send there nor hear it any more, whichever way
    the session is named."""
    session = f"session_{clinic.id('pat')}"
    async with clinic.socket("pat") as pat:
        await say(pat)
        await pat.receive("message_sent")
        await clinic.remove(session, "pat", by="pat")
        await pat.receive("member_removed")
        for named in (None, session):
            await say(pat, named)
            assert (await pat.receive())["number"] == 3001
        await clinic.run(
            lambda db: MessageService(db).send(
                SendCommand(
                    group_id=session,
                    from_user_id="ai_assistant_001",
                    content="x",
                    by_system=True,
                )
            )
        )
        assert await silent(pat)


async def test_session_opened_elsewhere(clinic: Clinic) -> None:
    """A session that a script made while its user was connected is heard from the user's first
    message on."""
    async with clinic.socket("pat") as pat:
        with clinic.server.container.database.writing() as db:
            SessionRepository(db).open(clinic.id("pat"))
            db.commit()
        await say(pat, client_msg_id="c-1")
        sent = await pat.receive("message_sent")
        assert (sent["seq"], sent["client_msg_id"]) == (1, "c-1")
        assert await silent(pat)


async def test_group_joined_elsewhere(clinic: Clinic) -> None:
    """Who was made a member by a script, which the hub has not heard of, is let in by the first
    message, and answered once."""
    group = await clinic.group("dora")
    async with clinic.socket("pat") as pat:
        with clinic.server.container.database.writing() as db:
            GroupMemberRepository(db).add_member(group, clinic.id("pat"), "PATIENT")
            db.commit()
        await say(pat, group, client_msg_id="c-1")
        assert (await pat.receive())["type"] == "member_added"
        assert (await pat.receive())["client_msg_id"] == "c-1"
        assert await silent(pat)


async def test_ai_reply(private_clinic: Clinic) -> None:
    """A patient's message is answered to everybody, in order of `seq`, with its question."""
    group = await private_clinic.group("dora", "pat")
    async with private_clinic.socket("pat") as pat, private_clinic.socket("dora") as dora:
        await say(pat, group, "It hurts")
        for socket in (pat, dora):
            question, reply = await socket.receive(), await socket.receive("ai_reply")
            assert reply.pop("created_at").endswith("Z")
            assert reply.pop("message_id").startswith("msg_")
            assert reply == {
                "type": "ai_reply",
                "group_id": group,
                "seq": 2,
                "from_user_id": "ai_assistant_001",
                "content": "It hurts",
                "user_message_id": question["message_id"],
                "finish_reason": "complete",
                "stream_id": question["message_id"].replace("msg_", "stream_"),
            }


async def test_ai_reply_in_a_session(private_clinic: Clinic) -> None:
    """The whole of v1 over a socket: a message without a group, and the AI's answer."""
    async with private_clinic.socket("pat") as pat:
        await say(pat, content="It hurts")
        reply = await pat.receive("ai_reply")
        assert (reply["session_id"], reply["seq"]) == (private_clinic.id("pat"), 2)


async def test_order_with_replies(private_clinic: Clinic) -> None:
    """The AI's answers are stored by other transactions than people's messages, at the same time;
    all members hear both in one order without gap."""
    names = ["pat", "paul", "pia"]
    group = await private_clinic.group("dora", *names)
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(private_clinic.socket(name, query="?deltas=0"))
            for name in names
        ]

        async def talk(socket: RawSocket) -> list[dict[str, Any]]:
            heard = []
            for number in range(8):
                await say(socket, group, str(number))
                heard.append(await socket.receive())
            return heard

        heard = await asyncio.gather(*map(talk, sockets))
        await eventually(lambda: unanswered(private_clinic, group), lambda left: left == 0)
        await private_clinic.send(group, "dora", "end")
        for frames, socket in zip(heard, sockets, strict=True):
            while frames[-1]["content"] != "end":
                frames.append(await socket.receive())
    stored = [(message.seq, message.message_id) for message in await private_clinic.stored(group)]
    assert [seq for seq, _ in stored] == list(range(1, len(stored) + 1))
    assert [[(frame["seq"], frame["message_id"]) for frame in one] for one in heard] == [stored] * 3
    assert {"ai_reply", "message_sent"} == {frame["type"] for frame in heard[0]}


async def unanswered(clinic: Clinic, group: str) -> int:
    def count(db: Session) -> int:
        return AIInteractionRepository(db).get_by_group(group, 1, 1, RecordStatus.IN_PROGRESS)[1]

    return await clinic.run(count)


async def test_doctor_is_not_answered(private_clinic: Clinic) -> None:
    """A doctor's message goes to people only."""
    group = await private_clinic.group("dora", "pat")
    async with private_clinic.socket("dora") as dora, private_clinic.socket("pat") as pat:
        await say(dora, group)
        await dora.receive("message_sent")
        await say(pat, group, "?")
        assert (await dora.receive("ai_reply"))["seq"] == 3


async def test_sender_gone_at_once(clinic: Clinic) -> None:
    """What was sent before the connection ended is stored, and the others hear it."""
    group = await clinic.group("dora", "pat")
    async with clinic.socket("dora") as dora:
        async with clinic.socket("pat") as pat:
            for number in range(12):
                await say(pat, group, str(number))
        heard = [(await dora.receive())["content"] for _ in range(12)]
    assert heard == [str(number) for number in range(12)]


async def test_new_sender_gone_at_once(clinic: Clinic) -> None:
    """Even the first messages of a session are stored, in order."""
    async with clinic.socket("pat") as pat:
        for number in range(5):
            await say(pat, content=str(number))
    session = f"session_{clinic.id('pat')}"
    messages = await eventually(lambda: clinic.stored(session), lambda found: len(found) == 5)
    assert [message.msg_content for message in messages] == [str(number) for number in range(5)]


@pytest.mark.parametrize("server_settings", [{"ws_max_in_flight": 3, "database_timeout": 20.0}])
async def test_in_flight_limit(private_clinic: Clinic, database_url: str) -> None:
    """Of one connection only so many are accepted at once; the rest waits, and nobody else."""
    clinic = private_clinic
    queue = clinic.server.container.queue
    group = await clinic.group("dora", "rosa")
    async with clinic.socket("dora") as dora, clinic.socket("rosa") as rosa:
        with locked(database_url):
            await say(dora, group, "d0")
            await in_work(clinic, dora)
            for number in range(1, 10):
                await say(dora, group, f"d{number}")
            await until(lambda: len(queue) == 2)
            await say(rosa, group, "r")
            await until(lambda: len(queue) == 3)
            assert await silent(rosa)
        heard = [(await rosa.receive("message_sent"))["content"] for _ in range(11)]
    assert [text for text in heard if text != "r"] == [f"d{number}" for number in range(10)]
    assert heard.index("r") <= 4


@pytest.mark.parametrize("server_settings", [{"send_queue_length": 2, "database_timeout": 20.0}])
async def test_overload(private_clinic: Clinic, database_url: str) -> None:
    """What the queue cannot take is refused with 5004, at once; what it took is stored."""
    clinic = private_clinic
    group = await clinic.group("dora")
    async with clinic.socket("dora") as dora:
        with locked(database_url):
            await say(dora, group, "0", client_msg_id="0")
            await in_work(clinic, dora)
            for number in range(1, 5):
                await say(dora, group, str(number), client_msg_id=str(number))
            errors = [await dora.receive("error") for _ in range(2)]
        heard = [(await dora.receive("message_sent"))["content"] for _ in range(3)]
        assert await silent(dora)
    assert [(e["number"], e["retryable"], e["client_msg_id"]) for e in errors] == [
        (5004, True, "3"),
        (5004, True, "4"),
    ]
    assert heard == ["0", "1", "2"]


@pytest.mark.parametrize("server_settings", [{"database_timeout": 0.2}])
async def test_database_locked(private_clinic: Clinic, database_url: str) -> None:
    """A message that cannot be stored in time is refused with 5004; later it can be."""
    clinic = private_clinic
    group = await clinic.group("dora")
    async with clinic.socket("dora") as dora:
        with locked(database_url):
            await say(dora, group, client_msg_id="c-1")
            error = await dora.receive("error")
            assert (error["number"], error["client_msg_id"]) == (5004, "c-1")
            assert await silent(dora)
        await say(dora, group, client_msg_id="c-1")
        assert (await dora.receive("message_sent"))["seq"] == 1
    assert len(await clinic.stored(group)) == 1
