"""`sync` over real sockets, on both databases."""

import asyncio
from typing import Any

import pytest

from app.services.core import missed
from tests.support.locking import locked
from tests.support.sockets import RawSocket
from tests.websocket.clinic import Clinic

Frame = dict[str, Any]


async def sync(socket: RawSocket, groups: Frame, epoch: str | None = None) -> Frame:
    await socket.send(type="sync", epoch=epoch or socket.connected["epoch"], groups=groups)
    return await socket.receive("sync_result")


def seqs(result: Frame, group: str) -> list[int]:
    return [message["seq"] for message in result["groups"][group]["messages"]]


async def test_what_was_missed(clinic: Clinic) -> None:
    """Comes in one frame, group by group, in order, as it would have come live."""
    ward, office = await clinic.group("dora", "pat"), await clinic.group("dora", "pat")
    for number in range(5):
        await clinic.send(ward, "dora", f"message {number}")
    await clinic.send(office, "dora", "only one")
    async with clinic.socket("pat") as pat:
        result = await sync(pat, {ward: 2, office: 1})
    assert set(result) == {"type", "epoch", "groups"}
    assert result["epoch"] == pat.connected["epoch"]
    assert seqs(result, ward) == [3, 4, 5]
    assert result["groups"][ward] | {"messages": []} == {
        "recovered": True, "last_seq": 5, "messages": [],
    }  # fmt: skip
    assert result["groups"][office] == {"recovered": True, "last_seq": 1, "messages": []}
    message = result["groups"][ward]["messages"][0]
    assert (message["type"], message["content"]) == ("message_sent", "message 2")


async def test_own_id_is_told_to_its_sender_only(clinic: Clinic) -> None:
    """So that a client finds out which of its sends were stored before the connection broke."""
    ward = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        await pat.send(type="send_message", group_id=ward, content="?", client_msg_id="mine")
        await pat.receive("message_sent")
        (own,) = (await sync(pat, {ward: 0}))["groups"][ward]["messages"]
    async with clinic.socket("dora") as dora:
        (others,) = (await sync(dora, {ward: 0}))["groups"][ward]["messages"]
    assert own["client_msg_id"] == "mine"
    assert "client_msg_id" not in others
    assert "duplicate" not in own


async def test_live_messages_go_on_after_the_result(clinic: Clinic) -> None:
    """With the next `seq`, none twice, however many are sent meanwhile."""
    ward = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        sends = [asyncio.create_task(clinic.send(ward, "dora", str(n))) for n in range(40)]
        for number, send in enumerate(sends):
            await send
            if number % 5 == 0:
                await pat.send(type="sync", epoch=pat.connected["epoch"], groups={ward: 0})
        heard, last = 0, 0
        while heard < 8 or last < 40:
            frame = await pat.receive()
            if frame["type"] == "sync_result":
                heard += 1
                assert seqs(frame, ward) == list(range(1, frame["groups"][ward]["last_seq"] + 1))
                last = max(last, frame["groups"][ward]["last_seq"])
            else:
                assert frame["seq"] == last + 1
                last = frame["seq"]


async def test_held_back_while_the_database_is_slow(clinic: Clinic) -> None:
    """Frames behind a sync wait for it, also a ping."""
    ward = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        await pat.send(type="sync", epoch=pat.connected["epoch"], groups={ward: 0})
        await pat.send(type="ping")
        assert [(await pat.receive())["type"] for _ in range(2)] == ["sync_result", "pong"]


async def test_too_much_missed(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing rather than a part: the client pages then, and live messages go on behind."""
    monkeypatch.setattr(missed, "MOST_OF_A_GROUP", 3)
    ward = await clinic.group("dora", "pat")
    for number in range(4):
        await clinic.send(ward, "dora", str(number))
    async with clinic.socket("pat") as pat:
        assert (await sync(pat, {ward: 0}))["groups"][ward] == {
            "recovered": False, "last_seq": 4,
        }  # fmt: skip
        assert seqs(await sync(pat, {ward: 1}), ward) == [2, 3, 4]
        await clinic.send(ward, "dora", "next")
        assert (await pat.receive())["seq"] == 5


async def test_too_much_in_all_groups(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that miss least are told."""
    monkeypatch.setattr(missed, "MOST_AT_ONCE", 3)
    groups = [await clinic.group("dora", "pat") for _ in range(3)]
    for count, group in zip((3, 2, 1), groups, strict=True):
        for number in range(count):
            await clinic.send(group, "dora", str(number))
    async with clinic.socket("pat") as pat:
        result = await sync(pat, dict.fromkeys(groups, 0))
    assert [result["groups"][group]["recovered"] for group in groups] == [False, True, True]


async def test_position_beyond_the_head(clinic: Clinic) -> None:
    """A client that has seen what does not exist has to begin anew."""
    ward = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        for position in (1, (1 << 63) - 1):
            result = await sync(pat, {ward: position})
            assert result["groups"][ward] == {"recovered": False, "last_seq": 0}


async def test_another_epoch(clinic: Clinic) -> None:
    """Positions of another database mean nothing here; the answer names this one."""
    ward = await clinic.group("dora", "pat")
    await clinic.send(ward, "dora", "hello")
    async with clinic.socket("pat") as pat:
        result = await sync(pat, {ward: 1}, epoch="another")
    assert result["epoch"] == pat.connected["epoch"]
    assert result["groups"][ward] == {"recovered": False, "last_seq": 1}


async def test_foreign_groups(clinic: Clinic) -> None:
    """Each is refused as if it did not exist, and the others are told all the same."""
    ward, foreign = await clinic.group("dora", "pat"), await clinic.group("dora", "eve")
    async with clinic.socket("pat") as pat:
        epoch = pat.connected["epoch"]
        await pat.send(type="sync", epoch=epoch, groups={ward: 0, foreign: 0, "nowhere": 0})
        errors = [await pat.receive() for _ in range(2)]
        assert {(e["number"], e["group_id"]) for e in errors} == {
            (3001, foreign),
            (3001, "nowhere"),
        }
        assert set((await pat.receive("sync_result"))["groups"]) == {ward}


async def test_a_thousand_groups(clinic: Clinic) -> None:
    """Are as good as one, as long as the frame is not too large."""
    ward = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        many = {f"group_{number}": number for number in range(1000)}
        await pat.send(type="sync", epoch=pat.connected["epoch"], groups={**many, ward: 0})
        for _ in range(1000):
            assert (await pat.receive())["number"] == 3001
        assert set((await pat.receive("sync_result"))["groups"]) == {ward}


async def test_no_groups(clinic: Clinic) -> None:
    """Have an empty answer."""
    async with clinic.socket("pat") as pat:
        assert (await sync(pat, {}))["groups"] == {}


@pytest.mark.parametrize(
    "frame",
    [
        {"epoch": "e", "groups": {"g": -1}},
        {"epoch": "e", "groups": {"g": 1.5}},
        {"epoch": "e", "groups": {"g": "1"}},
        {"epoch": "e", "groups": {"g": 1 << 63}},
        {"epoch": "e", "groups": {"": 1}},
        {"epoch": "e", "groups": ["g"]},
        {"groups": {"g": 1}},
        {"epoch": None, "groups": {}},
        {"epoch": "e"},
    ],
)
async def test_refused(clinic: Clinic, frame: Frame) -> None:
    """A sync of the wrong form says what is wrong with it; the connection stays."""
    async with clinic.socket("pat") as pat:
        await pat.send(type="sync", **frame)
        error = await pat.receive("error")
        assert (error["number"], error["retryable"]) == (1004, False)
        assert "epoch" in error["message"] or "groups" in error["message"]
        assert (await sync(pat, {}))["groups"] == {}


async def test_removed_meanwhile(clinic: Clinic) -> None:
    """Someone removed from the group is told nothing of it any more, in either way."""
    ward = await clinic.group("dora", "pat")
    await clinic.send(ward, "dora", "before")
    async with clinic.socket("pat") as pat:
        await clinic.remove(ward, "pat", by="dora")
        await clinic.send(ward, "dora", "after")
        await pat.receive("member_removed")
        await pat.send(type="sync", epoch=pat.connected["epoch"], groups={ward: 0})
        assert (await pat.receive("error"))["number"] == 3001
        assert (await pat.receive("sync_result"))["groups"] == {}


async def test_database_that_does_not_answer(clinic: Clinic) -> None:
    """Is said, retryable; what was held back meanwhile is not lost. (On SQLite a reader never
    waits, so that nothing fails there.)"""
    ward = await clinic.group("dora", "pat")
    async with clinic.socket("pat") as pat:
        with locked(str(clinic.server.container.settings.database.database_url)):
            await pat.send(type="sync", epoch=pat.connected["epoch"], groups={ward: 0})
            assert (await pat.receive())["type"] in {"sync_result", "error"}
        await clinic.send(ward, "dora", "then")
        assert (await pat.receive())["seq"] == 1
