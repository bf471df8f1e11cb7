"""What the AI is told of the talk so far."""

from collections.abc import Iterable
from typing import Any

from msgspec import structs
from sqlalchemy import Row

from app.models.enums import MessageType, UserRole
from app.models.message import Message
from app.services.ai.records import HistoryItem

DOCTOR_NAME = "doctor"

Said = Message | Row[Any]
"""A message, or as much of it as is needed here."""


def history_item(message: Said) -> HistoryItem:
    """Doctors speak on the AI's side, under a name of their own."""
    if message.msg_type == MessageType.AI_REPLY or message.user_role == UserRole.AI_ASSISTANT:
        return HistoryItem("assistant", message.msg_content)
    if message.user_role == UserRole.DOCTOR:
        return HistoryItem("assistant", message.msg_content, DOCTOR_NAME)
    return HistoryItem("user", message.msg_content)


def bounded_history(newest_first: Iterable[Said], max_chars: int) -> list[HistoryItem]:
    """Oldest first: as many of the newest messages as fit into `max_chars`, none cut in two but
    the newest, of which the beginning is kept where all of it is too long."""
    items: list[HistoryItem] = []
    for message in newest_first:
        item = history_item(message)
        if len(item.content) > max_chars:
            if not items and max_chars:
                items.append(structs.replace(item, content=item.content[:max_chars]))
            break
        max_chars -= len(item.content)
        items.append(item)
    return items[::-1]
