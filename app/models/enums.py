from enum import IntEnum, StrEnum


class UserRole(StrEnum):
    PATIENT = "PATIENT"
    DOCTOR = "DOCTOR"
    AI_ASSISTANT = "AI_ASSISTANT"


class MessageType(StrEnum):
    TEXT = "TEXT"
    IMAGE = "IMAGE"
    AI_REPLY = "AI_REPLY"


class AIMode(StrEnum):
    AUTO = "auto"
    MENTION = "mention"
    OFF = "off"


class RecordStatus(IntEnum):
    IN_PROGRESS = 0
    SUCCESS = 1
    FAILED = 2
