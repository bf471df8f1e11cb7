from pydantic import Field

from app.config.base import SettingsGroup


class SendSettings(SettingsGroup):
    send_queue_length: int = Field(10_000, ge=1)
    send_batch_size: int = Field(256, ge=1, le=1000)
    user_messages_per_second: float = Field(1000, ge=0)
