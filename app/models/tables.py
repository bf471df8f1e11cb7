"""The tables as SQLAlchemy Core sees them, for statements that run for each message: the ORM's
share of a short statement is larger than the database's."""

from typing import cast

from sqlalchemy import Table

from app.models.ai_interaction_record import AIInteractionRecord
from app.models.group import Group
from app.models.message import Message

GROUPS = cast("Table", Group.__table__)
MESSAGES = cast("Table", Message.__table__)
RECORDS = cast("Table", AIInteractionRecord.__table__)
