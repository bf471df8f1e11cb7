from dataclasses import dataclass

from app.config.ai import AISettings
from app.config.auth import AuthSettings
from app.config.base import SettingsGroup
from app.config.celery import CelerySettings
from app.config.database import DatabaseSettings
from app.config.log import LogSettings
from app.config.redis import RedisSettings
from app.config.send import SendSettings
from app.config.server import ServerSettings
from app.config.websocket import WebSocketSettings


@dataclass(frozen=True, slots=True)
class Settings:
    server: ServerSettings
    database: DatabaseSettings
    redis: RedisSettings
    auth: AuthSettings
    websocket: WebSocketSettings
    send: SendSettings
    ai: AISettings
    celery: CelerySettings
    log: LogSettings


GROUPS: dict[str, type[SettingsGroup]] = {
    "server": ServerSettings,
    "database": DatabaseSettings,
    "redis": RedisSettings,
    "auth": AuthSettings,
    "websocket": WebSocketSettings,
    "send": SendSettings,
    "ai": AISettings,
    "celery": CelerySettings,
    "log": LogSettings,
}
