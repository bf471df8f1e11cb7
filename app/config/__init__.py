"""Settings from the environment and `.env`, in groups, checked before anything starts.

Names are flat (`DATABASE_URL`), as `.env.example` explains them. An empty value counts as not set.
"""

from app.config.ai import AISettings
from app.config.auth import SECRET_MIN_BYTES, Algorithm, AuthSettings
from app.config.base import SettingsError, SettingsGroup
from app.config.celery import CelerySettings
from app.config.database import DatabaseSettings
from app.config.load import load_settings
from app.config.log import LogSettings
from app.config.redis import RedisSettings
from app.config.send import SendSettings
from app.config.server import ServerSettings
from app.config.settings import GROUPS, Settings
from app.config.websocket import WebSocketSettings

__all__ = [
    "GROUPS",
    "SECRET_MIN_BYTES",
    "AISettings",
    "Algorithm",
    "AuthSettings",
    "CelerySettings",
    "DatabaseSettings",
    "LogSettings",
    "RedisSettings",
    "SendSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "SettingsGroup",
    "WebSocketSettings",
    "load_settings",
]
