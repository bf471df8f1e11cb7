"""Events of the core become frames on the bus; here they are encoded, once for all receivers."""

from typing import Any

from app.bus.base import Bus
from app.bus.frames import ConnectionFrame, GroupFrame, MemberFrame, UserFrame
from app.services.core.events import AIModeChanged, MemberAdded, MemberRemoved, MessageSent
from app.services.core.records import MessageRecord
from app.websocket.frames import (
    AIModeChangedFrame,
    MemberAddedFrame,
    MemberRemovedFrame,
    encode,
    stored_frame,
    with_client_msg_id,
)


def group_frame(message: MessageRecord, member_changes: int = 0) -> GroupFrame:
    payload, own_id = encode(stored_frame(message)), message.client_msg_id
    return GroupFrame(
        group_id=message.group_id,
        seq=message.seq,
        payload=payload,
        sender_id=None if own_id is None else message.from_user_id,
        sender_payload=None if own_id is None else with_client_msg_id(payload, own_id),
        member_changes=member_changes,
    )


class Publisher:
    """Also the core's `Push`: how its WebSocketService reaches sockets."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def message_sent(self, event: MessageSent) -> None:
        self._bus.publish(group_frame(event.message, event.member_changes))

    def member_added(self, event: MemberAdded) -> None:
        frame = MemberAddedFrame(event.group_id, event.user_id, event.user_role)
        self._bus.publish(
            MemberFrame(
                group_id=event.group_id, user_id=event.user_id, joined=True,
                last_seq=event.last_seq, payload=encode(frame),
                member_changes=event.member_changes, again=event.again,
            )
        )  # fmt: skip

    def member_removed(self, event: MemberRemoved) -> None:
        frame = MemberRemovedFrame(event.group_id, event.user_id, event.user_role)
        self._bus.publish(
            MemberFrame(
                group_id=event.group_id, user_id=event.user_id, joined=False,
                last_seq=0, payload=encode(frame), member_changes=event.member_changes,
            )
        )  # fmt: skip

    def ai_mode_changed(self, event: AIModeChanged) -> None:
        frame = AIModeChangedFrame(event.group_id, event.ai_mode, event.by_user_id)
        self._bus.publish(GroupFrame(group_id=event.group_id, payload=encode(frame)))

    def to_group(
        self,
        group_id: str,
        frame: dict[str, Any],
        exclude_user_id: str | None = None,
        *,
        partial: bool = False,
    ) -> int:
        return self._bus.publish(
            GroupFrame(
                group_id=group_id, payload=encode(frame), excluded=exclude_user_id, partial=partial
            )
        )

    def to_connection(
        self, group_id: str, user_id: str, connection_id: str, frame: dict[str, Any]
    ) -> int:
        return self._bus.publish(
            ConnectionFrame(
                group_id=group_id, user_id=user_id, connection_id=connection_id,
                payload=encode(frame),
            )
        )  # fmt: skip

    def to_user(self, user_id: str, frame: dict[str, Any]) -> int:
        return self._bus.publish(UserFrame(user_id=user_id, payload=encode(frame)))
