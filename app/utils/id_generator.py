"""Ids: a prefix that tells the kind, the UTC second, and 80 random bits.

The time makes an index grow at its right edge; the random part makes an id unguessable.
"""

import secrets
from collections.abc import Callable
from functools import partial

from app.utils.clock import utc_now

RANDOM_BYTES = 10


def _generate(prefix: str) -> str:
    return f"{prefix}_{utc_now():%Y%m%d%H%M%S}{secrets.token_hex(RANDOM_BYTES)}"


generate_user_id: Callable[[], str] = partial(_generate, "user")
generate_group_id: Callable[[], str] = partial(_generate, "group")
generate_message_id: Callable[[], str] = partial(_generate, "msg")
generate_record_id: Callable[[], str] = partial(_generate, "record")
generate_connection_id: Callable[[], str] = partial(_generate, "conn")
generate_request_id: Callable[[], str] = partial(_generate, "req")
