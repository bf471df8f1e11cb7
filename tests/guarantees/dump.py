"""What the database holds when a run is over, read past the service."""

import msgspec
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.config import load_settings
from app.models.group import Group
from app.models.group_member import GroupMember
from app.models.message import Message
from tests.guarantees.history import digest


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    group_id: str
    seq: int
    message_id: str
    sender: str
    client_msg_id: str | None
    digest: str


class Dump(msgspec.Struct, frozen=True, kw_only=True):
    """Messages in order of group and `seq`; a group's head as its row tells it; its members."""

    messages: list[Stored]
    heads: dict[str, int]
    members: dict[str, list[str]]


def dump(database_url: str) -> Dump:
    engine = create_engine(load_settings(database_url=database_url).database.url)
    try:
        with Session(engine) as db:
            return Dump(messages=_messages(db), heads=_heads(db), members=_members(db))
    finally:
        engine.dispose()


def _messages(db: Session) -> list[Stored]:
    found = db.scalars(select(Message).order_by(Message.group_id, Message.seq))
    return [
        Stored(
            group_id=message.group_id,
            seq=message.seq,
            message_id=message.message_id,
            sender=message.from_user_id,
            client_msg_id=message.client_msg_id,
            digest=digest(message.msg_content),
        )
        for message in found
    ]


def _heads(db: Session) -> dict[str, int]:
    return {group.group_id: group.last_seq for group in db.scalars(select(Group))}


def _members(db: Session) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {
        group_id: [] for group_id in db.scalars(select(Group.group_id))
    }
    for member in db.scalars(select(GroupMember).order_by(GroupMember.user_id)):
        members[member.group_id].append(member.user_id)
    return members
