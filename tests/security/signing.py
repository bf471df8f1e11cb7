"""Keys and tokens as an identity provider makes them, and as somebody without a key would."""

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

SECRET = "only-these-tests-know-this-secret-0123"
ALGORITHMS = ("RS256", "ES256", "EdDSA")
MAKERS: dict[str, Any] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@dataclass(frozen=True)
class KeyPair:
    algorithm: str
    private: str
    public: str
    jwk: str
    """The public half as JSON, without `kid`."""

    def published(self, kid: str) -> dict[str, Any]:
        key: dict[str, Any] = json.loads(self.jwk)
        return key | {"kid": kid, "use": "sig"}


def key_pair(algorithm: str, number: int = 0) -> KeyPair:
    """Another for each `number`."""
    return _key_pair(algorithm, number)


@cache
def _key_pair(algorithm: str, number: int) -> KeyPair:
    key = MAKERS[algorithm]()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key())
    return KeyPair(algorithm, private.decode(), public.decode(), str(jwk))


def in_future(seconds: float = 3600) -> int:
    return int(time.time() + seconds)


def token(sub: object = "pat", key: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """Good for an hour, unless the claims say otherwise; None leaves a claim out."""
    payload = {"sub": sub, "exp": in_future()} | claims
    header = claims.pop("headers", None)
    payload.pop("headers", None)
    left = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(left, key, algorithm=algorithm, headers=header)


def forged(header: object, sub: object = "pat", signature: bytes = b"", **claims: Any) -> str:
    """What anybody can write, whatever a library would say to it."""
    payload = {"sub": sub, "exp": in_future()} | claims
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def bearer(sub: str, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(sub, **claims)}"}


SERVICE = {"scope": "service"}
JWT_MODE: dict[str, Any] = {"auth_mode": "jwt", "jwt_secret": SECRET}
"""Settings of a server that checks HS256."""
