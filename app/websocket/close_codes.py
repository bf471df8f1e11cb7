"""Close codes tell a client what to do: below 4500 reconnect with backoff, from 4500 on do not."""

from enum import IntEnum


class CloseCode(IntEnum):
    GOING_DOWN = 4001
    READER_TOO_SLOW = 4008
    HEARTBEAT_LOST = 4009
    TOO_MANY_REQUESTS = 4013
    UNAUTHENTICATED = 4500
    PROTOCOL_VIOLATION = 4501
    FORBIDDEN = 4503
