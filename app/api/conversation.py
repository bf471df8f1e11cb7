"""`group_id`, or v1's `session_id`, which is the group `session_<id>`."""

from app.errors import GroupIdMissing, InvalidParameter
from app.models.group import session_group_id
from app.schemas.message import MessageCreate
from app.services.core.access import Caller
from app.services.core.records import SendCommand


def conversation(group_id: str | None, session_id: str | None) -> str:
    """Raises GroupIdMissing, or InvalidParameter where both are given."""
    if group_id is not None and session_id is not None:
        raise InvalidParameter("Give group_id or session_id, not both.", field="session_id")
    if session_id is not None:
        return session_group_id(session_id)
    if group_id is None:
        raise GroupIdMissing
    return group_id


def sending(body: MessageCreate, caller: Caller) -> SendCommand:
    """A session's message from a caller without a name is sent by the session's own user."""
    anonymous = body.session_id is not None and not caller.named
    return SendCommand(
        group_id=conversation(body.group_id, body.session_id),
        from_user_id=(body.session_id or "") if anonymous else caller.user_id,
        content=body.content,
        msg_type=body.msg_type,
        client_msg_id=body.client_msg_id,
        reply_to_message_id=body.reply_to_message_id,
    )
