import hashlib
import hmac

from app.config import AuthSettings


def fingerprint(settings: AuthSettings, epoch: str) -> str:
    """Equal for processes that let the same tokens in, and tells nothing else. Of another database
    the same keys have another."""
    parts = (
        settings.auth_mode, settings.jwt_algorithm, settings.jwt_secret, settings.jwt_public_key,
        settings.jwt_jwks_url, settings.jwt_issuer, settings.jwt_audience,
    )  # fmt: skip
    return hmac.digest(epoch.encode(), repr(parts).encode(), hashlib.sha256).hex()[:32]
