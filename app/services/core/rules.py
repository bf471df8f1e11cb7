"""What a message may look like: the same for every edge, checked before it enters the queue."""

import re

from app.errors import ContentEmpty, ContentTooLong, InvalidParameter
from app.models.enums import MessageType
from app.services.core.records import SendCommand
from app.utils.urls import is_http_url

MAX_CONTENT = 5000
"""Characters, as Unicode code points."""
MAX_ID = 64
MAX_USER_ID = 48
_NOT_IN_PATHS = re.compile(r"[ /?#]")
"""Besides what is not printable, such as every other blank."""


def check_send(command: SendCommand) -> None:
    """Raises ContentEmpty, ContentTooLong or InvalidParameter."""
    check_content(command.content)
    check_path_id("group_id", command.group_id)
    if command.client_msg_id is not None:
        check_id("client_msg_id", command.client_msg_id)
    if command.reply_to_message_id is not None:
        check_path_id("reply_to_message_id", command.reply_to_message_id)
    if command.msg_type == MessageType.IMAGE and not is_http_url(command.content):
        raise InvalidParameter("The content of an IMAGE is an http(s) address.", field="content")


def check_content(content: str) -> None:
    if not content.strip():
        raise ContentEmpty
    if len(content) > MAX_CONTENT:
        raise ContentTooLong(length=len(content), limit=MAX_CONTENT)
    if "\x00" in content or not _is_unicode(content):
        message = "The content holds U+0000 or half a surrogate pair, which cannot be stored."
        raise InvalidParameter(message, field="content")


def check_id(field: str, value: str, longest: int = MAX_ID) -> None:
    if not is_id(value, longest):
        message = f"{field} is 1 to {longest} printable characters."
        raise InvalidParameter(message, field=field)


def is_id(value: str, longest: int = MAX_ID) -> bool:
    return 1 <= len(value) <= longest and value.isprintable()


def check_user_id(field: str, value: str) -> None:
    check_path_id(field, value, MAX_USER_ID)


def check_path_id(field: str, value: str, longest: int = MAX_ID) -> None:
    if not is_path_id(value, longest):
        raise InvalidParameter(f"{field} is {path_id_rule(longest)}.", field=field)


def is_path_id(value: str, longest: int) -> bool:
    """Ids of users, groups and messages stand in paths and headers."""
    return is_id(value, longest) and _NOT_IN_PATHS.search(value) is None


def path_id_rule(longest: int) -> str:
    return f"1 to {longest} printable characters without blanks or / ? #"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
