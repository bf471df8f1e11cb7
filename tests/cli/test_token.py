from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.cli.test_serve import SECRET, refused
from tests.support.processes import im


def test_a_token_for_a_user() -> None:
    """Signed with JWT_SECRET, good for the time asked for."""
    done = im("token", "--user", "user_1", "--ttl", "60", JWT_SECRET=SECRET)
    claims = jwt.decode(done.stdout.strip(), SECRET, algorithms=["HS256"])
    assert claims["sub"] == "user_1"
    assert claims["exp"] - claims["iat"] == 60
    assert "scope" not in claims


def test_a_token_for_the_backend() -> None:
    """--service adds the scope."""
    done = im("token", "--user", "backend", "--service", JWT_SECRET=SECRET)
    assert jwt.decode(done.stdout.strip(), SECRET, algorithms=["HS256"])["scope"] == "service"


def test_a_token_signed_with_a_private_key(tmp_path: Path) -> None:
    """The public half verifies it."""
    key = ed25519.Ed25519PrivateKey.generate()
    file = tmp_path / "key.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    done = im("token", "--user", "u", "--private-key", str(file), JWT_ALGORITHM="EdDSA")
    assert jwt.decode(done.stdout.strip(), key.public_key(), algorithms=["EdDSA"])["sub"] == "u"


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (["--user", "u"], {}, ["JWT_SECRET", "32"]),
        (["--user", "a b"], {"JWT_SECRET": SECRET}, ["--user"]),
        (["--user", "u"], {"JWT_ALGORITHM": "RS256"}, ["--private-key"]),
        (["--user", "u", "--private-key", "/nowhere"], {"JWT_ALGORITHM": "RS256"}, ["/nowhere"]),
        (["--user", "u", "--private-key", "/etc/hostname"], {"JWT_ALGORITHM": "RS256"}, ["PEM"]),
    ],
)
def test_refusals(arguments: list[str], env: dict[str, str], words: list[str]) -> None:
    """One line that names the option or setting."""
    refused(im("token", *arguments, **env), *words)
