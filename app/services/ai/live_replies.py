"""Replies under way, whichever process makes them: shown, stopped, made to give way."""

from collections.abc import Iterable

from app.bus.base import Bus
from app.bus.frames import Frame, StreamCall
from app.db.session import AsyncDoor
from app.errors import AIUnavailable, Forbidden
from app.models.enums import UserRole
from app.services.ai.stream_access import AskedStream, StreamAccessService
from app.services.ai.streams import LiveReply, Streams
from app.services.core.websocket_service import WebSocketService


class LiveReplies:
    """What is wanted of them goes over the bus, to this process as to any other. Who may want it
    is checked here, where it is asked, by what the database knows."""

    def __init__(self, door: AsyncDoor, bus: Bus, push: WebSocketService, streams: Streams) -> None:
        self._door = door
        self._bus = bus
        self._push = push
        self._streams = streams
        bus.subscribe(self._receive)

    def show(self, group_ids: Iterable[str], user_id: str, connection_id: str) -> None:
        """All of these groups, as far as others have heard them: deltas go on from that."""
        if groups := tuple(group_ids):
            self._bus.publish(
                StreamCall(
                    what="show", group_ids=groups, user_id=user_id, connection_id=connection_id
                )
            )

    async def show_again(self, stream_id: str, user_id: str, connection_id: str) -> None:
        """For who has missed a delta. Raises StreamNotFound."""
        await self._asked(stream_id, user_id)
        self._bus.publish(
            StreamCall(
                what="show", stream_id=stream_id, user_id=user_id, connection_id=connection_id
            )
        )

    async def stop(self, stream_id: str, user_id: str) -> None:
        """What was said so far is stored. Raises StreamNotFound, or Forbidden for others than
        doctors and the asking patient."""
        stream = await self._asked(stream_id, user_id)
        if stream.role != UserRole.DOCTOR and user_id != stream.asked_by:
            raise Forbidden("Only a doctor of the group, or who asked, may stop a reply.")
        self._bus.publish(StreamCall(what="stop", stream_id=stream_id))

    def give_way(self, group_id: str) -> None:
        """A doctor has written."""
        self._bus.publish(StreamCall(what="give_way", group_ids=(group_id,)))

    def fall_silent(self, group_id: str) -> None:
        """The AI was switched off."""
        self._bus.publish(StreamCall(what="fall_silent", group_ids=(group_id,)))

    async def _asked(self, stream_id: str, user_id: str) -> AskedStream:
        return await self._door.read(
            lambda db: StreamAccessService(db).under_way(stream_id, user_id)
        )

    def _receive(self, frame: Frame) -> int:
        """The bus's receiver; no connection is told anything by it."""
        if isinstance(frame, StreamCall):
            for live in self._streams.called(frame.stream_id, frame.group_ids):
                self._obey(live, frame)
        return 0

    def _obey(self, live: LiveReply, call: StreamCall) -> None:
        if call.what == "show":
            self._show(live, call)
        elif call.what == "stop":
            live.end(None)
        elif call.what == "give_way":
            live.cut_in()
        else:
            live.end(AIUnavailable("The AI was switched off in this group."))

    def _show(self, live: LiveReply, call: StreamCall) -> None:
        """Not what is put off: by now another process may have taken it up."""
        if not live.put_off:
            group_id = live.job.group_id
            self._push.send_to_connection(
                group_id, call.user_id, call.connection_id, live.snapshot()
            )
