"""What instances tell each other: ready frames, encoded once for all receivers."""

from typing import Literal

import msgspec


class BusFrame(msgspec.Struct, frozen=True, kw_only=True, tag=True, array_like=True):
    pass


class GroupFrame(BusFrame, frozen=True):
    """`seq` is None for an ephemeral frame. `sender_payload` is what the sender's own connections
    get instead of `payload`; `excluded` gets nothing. `partial`: of a reply under way, which some
    connections do not want to hear of. `member_changes`: how often the group's members had changed
    when the message was stored, so that nobody hears it who had left by then."""

    group_id: str
    payload: bytes
    seq: int | None = None
    sender_id: str | None = None
    sender_payload: bytes | None = None
    excluded: str | None = None
    partial: bool = False
    member_changes: int = 0


class MemberFrame(BusFrame, frozen=True):
    """A change of members, which goes to the group and to the user concerned. `last_seq` is the
    group's at that moment. `member_changes` counts this one, unless it is told `again`."""

    group_id: str
    user_id: str
    joined: bool
    last_seq: int
    payload: bytes
    member_changes: int = 0
    again: bool = False


class UserFrame(BusFrame, frozen=True):
    user_id: str
    payload: bytes


class ConnectionFrame(BusFrame, frozen=True):
    """For one connection alone, behind all that its group has been told before by the same
    process. It travels as frames of the group do."""

    group_id: str
    user_id: str
    connection_id: str
    payload: bytes


class StreamCall(BusFrame, frozen=True):
    """To every process that makes replies, about those under way there: the one with this
    `stream_id`, or all in these groups. `show`: a snapshot for one connection. `stop`: what was
    said so far is the reply. `give_way`: a doctor has written. `fall_silent`: the AI was switched
    off."""

    what: Literal["show", "stop", "give_way", "fall_silent"]
    stream_id: str | None = None
    group_ids: tuple[str, ...] = ()
    user_id: str = ""
    connection_id: str = ""


Frame = GroupFrame | MemberFrame | UserFrame | ConnectionFrame | StreamCall
