"""What instances tell each other: ready frames, encoded once for all receivers."""

import msgspec


class GroupFrame(msgspec.Struct, frozen=True, kw_only=True):
    """`seq` is None for an ephemeral frame. `sender_payload` is what the sender's own connections
    get instead of `payload`; `excluded` gets nothing. `partial`: of a reply under way, which some
    connections do not want to hear of."""

    group_id: str
    payload: bytes
    seq: int | None = None
    sender_id: str | None = None
    sender_payload: bytes | None = None
    excluded: str | None = None
    partial: bool = False


class MemberFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A change of members, which goes to the group and to the user concerned. `last_seq` is the
    group's at that moment."""

    group_id: str
    user_id: str
    joined: bool
    last_seq: int
    payload: bytes


class UserFrame(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str
    payload: bytes


Frame = GroupFrame | MemberFrame | UserFrame
