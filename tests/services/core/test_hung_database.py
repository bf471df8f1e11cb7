"""The send queue before a server that neither answers nor goes away."""

import asyncio

import pytest

from app.db.session import AsyncDoor, nothing_to_deliver
from app.errors import DatabaseUnavailable
from app.services.core.message_service import MessageService
from app.services.core.records import SendCommand
from app.services.core.send_queue import SendQueue
from tests.services.core.ward import open_ward
from tests.support.behind_proxy import behind_proxy
from tests.support.databases import Databases

TIMEOUT_S = 0.3


@pytest.mark.parametrize("databases", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize("frozen_s", [0.1, 3.0])
async def test_half_open(databases: Databases, frozen_s: float) -> None:
    """A short pause costs nobody anything. After a long one the batch in the database is refused,
    and what waited behind it, each once; the queue goes on with the next connection, and what was
    refused can be sent again."""
    async with behind_proxy(databases, TIMEOUT_S) as (database, proxy):
        door = AsyncDoor(database, nothing_to_deliver)
        queue = SendQueue(door, (), longest=100, batch_size=2, lanes=2, at_once=True)
        ward = await door.run(open_ward)

        def command(number: int) -> SendCommand:
            return SendCommand(
                group_id=ward, from_user_id="pat", content=str(number), client_msg_id=str(number)
            )

        await queue.send(command(0))
        for link in proxy.links:
            link.freeze()
        waiting = [queue.submit(command(number)) for number in range(1, 8)]
        await asyncio.sleep(frozen_s)
        for link in proxy.links:
            link.thaw()
        answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
        refused = [answer for answer in answers if isinstance(answer, DatabaseUnavailable)]
        assert len(refused) == (7 if frozen_s > 1 else 0)
        for number in range(8):
            await queue.send(command(number))
        stored = await door.read(lambda db: MessageService(db).between(ward, 0, 100))
        assert sorted(message.msg_content for message in stored) == list("01234567")
        await queue.close()
        await door.close()
