from datetime import UTC, datetime

import pytest

from im_client import ErrorFrame, IMError, IMUnacknowledgedError, MessageSent
from im_client.acks import Acks


def ack(client_msg_id: str | None) -> MessageSent:
    return MessageSent(
        message_id="m",
        group_id="g",
        seq=1,
        from_user_id="u",
        msg_type="TEXT",
        content="x",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        client_msg_id=client_msg_id,
    )


def refusal(client_msg_id: str | None) -> ErrorFrame:
    return ErrorFrame(
        code="CONTENT_TOO_LONG", number=1002, message="too long", client_msg_id=client_msg_id
    )


async def test_an_acknowledgement_ends_the_send_it_names() -> None:
    acks = Acks("http://h")
    with acks.expect("a") as first, acks.expect("b") as second:
        acks.resolve(ack("b"))
        acks.resolve(ack(None))
        acks.resolve(ack("unknown"))

        assert (await second).client_msg_id == "b"
        assert not first.done()


async def test_a_refusal_is_raised_by_the_send_it_names() -> None:
    acks = Acks("http://h")
    with acks.expect("a") as future:
        assert acks.reject(refusal("a"))

        with pytest.raises(IMError, match="too long") as raised:
            await future
    assert (raised.value.number, raised.value.status) == (1002, None)


async def test_other_refusals_are_left_to_the_events() -> None:
    acks = Acks("http://h")
    with acks.expect("a") as future:
        assert not acks.reject(refusal(None))
        assert not acks.reject(refusal("b"))
        assert not future.done()


async def test_a_lost_connection_leaves_it_unknown_whether_the_message_is_stored() -> None:
    acks = Acks("http://h")
    with acks.expect("a") as future:
        acks.fail_all("gone")

        with pytest.raises(IMUnacknowledgedError, match="gone") as raised:
            await future
    assert raised.value.client_msg_id == "a"


async def test_a_late_answer_to_a_cancelled_send_is_harmless() -> None:
    acks = Acks("http://h")
    with acks.expect("a") as future:
        future.cancel()
        acks.resolve(ack("a"))
        assert acks.reject(refusal("a"))
        acks.fail_all("gone")

    assert future.cancelled()


async def test_one_id_is_on_its_way_once_at_a_time() -> None:
    acks = Acks("http://h")
    with acks.expect("a"), pytest.raises(ValueError, match="already"), acks.expect("a"):
        pass
    with acks.expect("a") as again:
        acks.resolve(ack("a"))
        assert (await again).client_msg_id == "a"
