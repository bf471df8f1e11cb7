from pydantic import Field

from app.config.base import SettingsGroup


class WebSocketSettings(SettingsGroup):
    max_frame_bytes: int = Field(65536, ge=1024, le=1 << 20)
    ws_heartbeat_seconds: float = Field(25.0, gt=0, le=3600)
    ws_heartbeat_timeout: float = Field(10.0, gt=0, le=3600)
    ws_auth_timeout: float = Field(10.0, gt=0, le=3600)
    ws_max_unsent_bytes: int = Field(1 << 20, ge=65536)
    ws_max_sync_bytes: int = Field(8 << 20, ge=65536)
    ws_max_in_flight: int = Field(64, ge=1)
    ws_messages_per_second: float = Field(500, ge=0)
    ws_connections_per_user: int = Field(100, ge=0)
