from app.models.ai_interaction_record import AIInteractionRecord
from app.models.database_identity import DatabaseIdentity
from app.models.group import Group
from app.models.group_member import GroupMember
from app.models.message import Message
from app.models.user import User

__all__ = ["AIInteractionRecord", "DatabaseIdentity", "Group", "GroupMember", "Message", "User"]
