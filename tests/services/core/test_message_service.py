from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from app.errors import ClientMsgIdConflict, GroupNotFound, MessageNotFound
from app.services.core.access import Caller
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord, SendCommand
from tests.services.core.ward import BACKEND, DORA, EVE, PAT, open_ward


@pytest.fixture
def ward(db: Session) -> str:
    return open_ward(db)


@pytest.fixture
def service(db: Session) -> MessageService:
    return MessageService(db)


def send(service: MessageService, ward: str, content: str = "x", **more: str) -> MessageRecord:
    return service.send(
        SendCommand(group_id=ward, from_user_id="pat", content=content, **more)  # type: ignore[arg-type]
    )


def contents(found: tuple[list[MessageRecord], int]) -> tuple[list[str], int]:
    return [message.msg_content for message in found[0]], found[1]


def test_send(service: MessageService, ward: str) -> None:
    """One message, as a batch of one; refusals are raised."""
    assert send(service, ward).seq == 1
    with pytest.raises(GroupNotFound):
        send(service, "group_x")
    send(service, ward, client_msg_id="c-1")
    with pytest.raises(ClientMsgIdConflict) as conflict:
        send(service, ward, "y", client_msg_id="c-1")
    assert conflict.value.details["message_id"]


def test_hook_that_fails(db: Session, ward: str) -> None:
    """Fails the send: message and what belongs to it are stored together or not at all."""

    def hook(_db: Session, _messages: Sequence[MessageRecord]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send(MessageService(db, [hook]), ward)


@pytest.mark.parametrize("caller", [PAT, DORA, BACKEND])
def test_reading(service: MessageService, ward: str, caller: Caller) -> None:
    """Members and the backend read by page and from a position, each with the total."""
    sent = [send(service, ward, str(number)) for number in range(1, 6)]
    assert contents(service.get_messages(ward, 1, 2, caller)) == (["5", "4"], 5)
    assert contents(service.get_messages_before(ward, 3, 9, caller)) == (["2", "1"], 5)
    assert contents(service.get_messages_after(ward, 3, 9, caller)) == (["4", "5"], 5)
    assert service.get_message(sent[0].message_id, caller) == sent[0]


def test_stranger(service: MessageService, ward: str) -> None:
    """Reads nothing, and cannot tell whether there is anything."""
    message = send(service, ward)
    with pytest.raises(GroupNotFound):
        service.get_messages(ward, 1, 20, EVE)
    with pytest.raises(GroupNotFound):
        service.get_messages_before(ward, 9, 20, EVE)
    with pytest.raises(GroupNotFound):
        service.get_messages_after(ward, 0, 20, EVE)
    refusals = []
    for message_id in (message.message_id, "msg_x"):
        with pytest.raises(MessageNotFound) as refused:
            service.get_message(message_id, EVE)
        refusals.append(refused.value.message)
    assert refusals[0] == refusals[1]
