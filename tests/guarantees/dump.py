"""What the database holds when a run is over, read past the service."""

import msgspec
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.config import load_settings
from app.models.ai_interaction_record import AIInteractionRecord
from app.models.enums import MessageType, UserRole
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
    msg_type: str = MessageType.TEXT
    user_role: str = UserRole.PATIENT
    reply_to: str | None = None


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """The AI's record of one message."""

    record_id: str
    group_id: str
    user_message_id: str
    ai_message_id: str | None
    status: int
    attempts: int
    error_number: int | None


class Dump(msgspec.Struct, frozen=True, kw_only=True):
    """Messages in order of group and `seq`; a group's head as its row tells it; its members."""

    messages: list[Stored]
    heads: dict[str, int]
    members: dict[str, list[str]]
    interactions: list[Interaction] = []


def dump(database_url: str) -> Dump:
    engine = create_engine(load_settings(database_url=database_url).database.url)
    try:
        with Session(engine) as db:
            return Dump(
                messages=_messages(db),
                heads=_heads(db),
                members=_members(db),
                interactions=_interactions(db),
            )
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
            msg_type=message.msg_type,
            user_role=message.user_role,
            reply_to=message.reply_to_message_id,
        )
        for message in found
    ]


def _interactions(db: Session) -> list[Interaction]:
    found = db.scalars(select(AIInteractionRecord).order_by(AIInteractionRecord.id))
    return [
        Interaction(
            record_id=record.record_id,
            group_id=record.group_id,
            user_message_id=record.user_message_id,
            ai_message_id=record.ai_message_id,
            status=record.status,
            attempts=record.attempts,
            error_number=record.error_number,
        )
        for record in found
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
