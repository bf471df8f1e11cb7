"""Ids: a prefix that tells the kind, the UTC second, and 80 random bits.

The time makes an index grow at its right edge; the random part makes an id unguessable.
"""

import os
import time
from collections.abc import Callable
from functools import lru_cache, partial

RANDOM_BYTES = 10


def _generate(prefix: str) -> str:
    return f"{prefix}_{_shown(int(time.time()))}{os.urandom(RANDOM_BYTES).hex()}"


@lru_cache(maxsize=4)
def _shown(second: int) -> str:
    """A busy service makes thousands of ids a second."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(second))


def stream_id_of(message_id: str) -> str:
    """Of the AI's reply to this message, whoever streams it, and however often it is begun."""
    return f"stream_{message_id.removeprefix('msg_')}"


def message_id_of(stream_id: str) -> str:
    return f"msg_{stream_id.removeprefix('stream_')}"


generate_user_id: Callable[[], str] = partial(_generate, "user")
generate_group_id: Callable[[], str] = partial(_generate, "group")
generate_message_id: Callable[[], str] = partial(_generate, "msg")
generate_record_id: Callable[[], str] = partial(_generate, "record")
generate_connection_id: Callable[[], str] = partial(_generate, "conn")
generate_request_id: Callable[[], str] = partial(_generate, "req")
