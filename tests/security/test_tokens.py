import hashlib
import hmac
import time
from pathlib import Path
from typing import Any

import pytest

from app.config import SettingsError, load_settings
from app.errors import AppError, Overloaded, Unauthenticated
from app.security.tokens import TokenVerifier, issue_token, read_pem
from app.services.core.access import Caller
from tests.security.conftest import KeySetServer
from tests.security.signing import (
    ALGORITHMS,
    SECRET,
    forged,
    in_future,
    key_pair,
    token,
)


def verifier(**settings: Any) -> TokenVerifier:
    return TokenVerifier(load_settings(auth_mode="jwt", **settings).auth)


def of_secret(**settings: Any) -> TokenVerifier:
    return verifier(jwt_secret=SECRET, **settings)


def of_public_key(algorithm: str) -> TokenVerifier:
    return verifier(jwt_algorithm=algorithm, jwt_public_key=key_pair(algorithm).public)


def of_key_set(algorithm: str, key_set: KeySetServer) -> TokenVerifier:
    return verifier(jwt_algorithm=algorithm, jwt_jwks_url=key_set.url)


def signed(algorithm: str, number: int = 0, **claims: Any) -> str:
    return token(key=key_pair(algorithm, number).private, algorithm=algorithm, **claims)


async def refused(verifier: TokenVerifier, text: str) -> AppError:
    with pytest.raises(AppError) as caught:
        await verifier.verify(text)
    return caught.value


async def test_a_token_of_the_shared_secret_names_its_user() -> None:
    """Who may do no more than any user, until the token ends."""
    end = in_future()
    caller = await of_secret().verify(token("pat", exp=end))
    assert caller == Caller("pat", named=True, expires_at=float(end + 10))  # JWT_LEEWAY


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_token_of_a_private_key_names_its_user(algorithm: str, tmp_path: Path) -> None:
    """The public half is given as text, as one line with \\n written out, or as a file."""
    public = key_pair(algorithm).public
    file = tmp_path / "public.pem"
    file.write_text(public)
    for given in (public, public.replace("\n", "\\n"), str(file)):
        checks = verifier(jwt_algorithm=algorithm, jwt_public_key=given)
        assert (await checks.verify(signed(algorithm))).user_id == "pat"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_token_of_a_published_key_names_its_user(
    algorithm: str, key_set: KeySetServer
) -> None:
    """The set is fetched once, and the key is found in it by its id."""
    key_set.publish(*(key_pair(a).published(a) for a in ALGORITHMS))
    checks = of_key_set(algorithm, key_set)
    for _ in range(3):
        caller = await checks.verify(signed(algorithm, headers={"kid": algorithm}))
        assert caller.user_id == "pat"
    assert key_set.fetches == ["/keys"]


@pytest.mark.parametrize(
    ("scope", "service"),
    [
        ("service", True),
        ("profile service email", True),
        (["service"], True),
        (["profile", "service"], True),
        (None, False),
        ("", False),
        ("services", False),
        ("SERVICE", False),
        ("my.service", False),
        (["service profile"], False),
        ([["service"]], False),
        ({"service": True}, False),
        (1, False),
        (True, False),
    ],
    ids=str,
)
async def test_only_the_scope_service_acts_for_others(scope: object, *, service: bool) -> None:
    """As one of several words, or of a list; whatever else stands there grants nothing."""
    caller = await of_secret().verify(token("backend", scope=scope))
    assert (caller.manages_users, caller.sees_all) == (service, service)
    assert caller.named is not service
    assert caller.sees_sessions is False


REFUSED: dict[str, str] = {
    "empty": "",
    "garbage": "garbage",
    "dots": "..",
    "three words": "a.b.c",
    "beyond ASCII": "é.é.é",
    "expired": token(exp=in_future(-3600)),
    "no exp": token(exp=None),
    "exp is null": forged({"alg": "HS256"}, exp=None),
    "exp is text": token(exp="tomorrow"),
    "exp is infinite": token(exp=float("inf")),
    "not yet": token(nbf=in_future(3600)),
    "issued in the future": token(iat=in_future(3600)),
    "no sub": token(sub=None),
    "empty sub": token(sub=""),
    "sub with a blank": token(sub="a b"),
    "sub with a slash": token(sub="a/b"),
    "sub with NUL": token(sub="a\x00"),
    "sub too long": token(sub="u" * 49),
    "sub is a number": forged({"alg": "HS256"}, sub=5),
    "another secret": token(key="another-secret-of-thirty-two-bytes!!"),
    "another algorithm": token(key=SECRET * 2, algorithm="HS512"),
    "no signature": token().rpartition(".")[0] + ".",
    "changed payload": ".".join(
        (token("pat").split(".")[0], token("eve").split(".")[1], token("pat").split(".")[2])
    ),
    "alg none": forged({"alg": "none", "typ": "JWT"}),
    "alg None": forged({"alg": "None"}),
    "alg is null": forged({"alg": None}),
    "alg is a list": forged({"alg": ["HS256"]}),
    "no alg": forged({"typ": "JWT"}),
    "header is a list": forged([]),
    "unknown critical extension": token(headers={"crit": ["exp"]}),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
async def test_whatever_is_wrong_with_a_token_it_is_refused(text: str) -> None:
    """With one error, which repeats nothing of it."""
    error = await refused(of_secret(), text)
    assert type(error) is Unauthenticated
    assert not any(part in error.message for part in text.split(".") if len(part) > 5)
    assert not error.details


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_public_key_is_no_secret(algorithm: str, key_set: KeySetServer) -> None:
    """Algorithm confusion: everybody has the public key, so an HMAC with it proves nothing."""
    pair = key_pair(algorithm)
    key_set.publish(pair.published("1"))
    stolen = hmac_token(pair.public)
    for checks in (of_public_key(algorithm), of_key_set(algorithm, key_set)):
        for text in (
            stolen,
            forged({"alg": "none", "kid": "1"}),
            forged({"alg": algorithm, "kid": 5}),
            token(headers={"kid": "1"}),
        ):
            assert isinstance(await refused(checks, text), Unauthenticated)


def hmac_token(key: str) -> str:
    """Signed by hand, since no library would."""
    unsigned = forged({"alg": "HS256", "typ": "JWT", "kid": "1"}).rpartition(".")[0]
    signature = hmac.digest(key.encode(), unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{forged({}, signature=signature).rpartition('.')[2]}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_another_private_key_is_refused(algorithm: str, key_set: KeySetServer) -> None:
    """Even under the id of the right one."""
    key_set.publish(key_pair(algorithm).published("1"))
    text = signed(algorithm, number=1, headers={"kid": "1"})
    assert isinstance(await refused(of_public_key(algorithm), text), Unauthenticated)
    assert isinstance(await refused(of_key_set(algorithm, key_set), text), Unauthenticated)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kid", [*ALGORITHMS, "shared", "unknown", "", None])
async def test_keys_of_another_kind_in_the_set_check_nothing(
    algorithm: str, kid: object, key_set: KeySetServer
) -> None:
    """A token chooses its key by id, but not what kind of key may check it."""
    shared = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "shared"}
    strange = {"kty": "strange", "kid": "strange"}
    key_set.publish(*(key_pair(a).published(a) for a in ALGORITHMS), shared, strange)
    checks = of_key_set(algorithm, key_set)
    text = signed(algorithm, headers=None if kid is None else {"kid": kid})
    if kid == algorithm:
        assert (await checks.verify(text)).user_id == "pat"
    else:
        assert isinstance(await refused(checks, text), Unauthenticated)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (404, b"{}"),
        (302, b"{}"),
        (200, b"<html>sign in first</html>"),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": "none"}'),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [{"kty": "RSA"}]}'),
    ],
    ids=str,
)
async def test_a_key_set_that_cannot_be_had_is_nobodys_fault(
    status: int, body: bytes, key_set: KeySetServer
) -> None:
    """Not the caller's either, who may try again: 401 would tell a client to stop for good."""
    key_set.status, key_set.body = status, body
    error = await refused(of_key_set("RS256", key_set), signed("RS256", headers={"kid": "1"}))
    assert isinstance(error, Overloaded)
    assert error.retryable
    assert "127.0.0.1" not in error.message


async def test_a_key_set_that_nobody_serves_is_asked_for_again(key_set: KeySetServer) -> None:
    """As soon as it is there, tokens are taken."""
    key_set.status = 503
    checks = of_key_set("ES256", key_set)
    text = signed("ES256", headers={"kid": "1"})
    assert isinstance(await refused(checks, text), Overloaded)
    key_set.status = 200
    key_set.publish(key_pair("ES256").published("1"))
    assert (await checks.verify(text)).user_id == "pat"


async def test_an_unreachable_key_set_is_unavailable() -> None:
    """Where nothing listens at all."""
    checks = verifier(jwt_algorithm="RS256", jwt_jwks_url="http://127.0.0.1:9/keys")
    error = await refused(checks, signed("RS256", headers={"kid": "1"}))
    assert isinstance(error, Overloaded)


async def test_tokens_that_cannot_be_right_fetch_nothing(key_set: KeySetServer) -> None:
    """Strangers must not make this service call others."""
    checks = of_key_set("RS256", key_set)
    for text in ("garbage", token(headers={"kid": "1"}), forged({"alg": "none"})):
        assert isinstance(await refused(checks, text), Unauthenticated)
    assert not key_set.fetches


async def test_unknown_key_ids_do_not_fetch_again_and_again(key_set: KeySetServer) -> None:
    """A flood of invented ids is answered from what is known."""
    key_set.publish(key_pair("ES256").published("1"))
    checks = of_key_set("ES256", key_set)
    for number in range(5):
        text = signed("ES256", headers={"kid": f"invented {number}"})
        assert isinstance(await refused(checks, text), Unauthenticated)
    assert len(key_set.fetches) <= 2


async def test_the_issuer_and_the_audience_are_checked_where_they_are_set() -> None:
    """And ignored where they are not."""
    right: dict[str, Any] = {"iss": "https://id.example", "aud": ["im", "other"]}
    strict = of_secret(jwt_issuer="https://id.example", jwt_audience="im")

    for checks in (strict, of_secret()):
        assert (await checks.verify(token(**right))).user_id == "pat"
    for wrong in ({"iss": None}, {"iss": "https://evil.example"}, {"aud": "other"}, {"aud": None}):
        assert isinstance(await refused(strict, token(**(right | wrong))), Unauthenticated)
        assert (await of_secret().verify(token(**(right | wrong)))).user_id == "pat"


async def test_clocks_may_differ_by_the_leeway() -> None:
    """JWT_LEEWAY, ten seconds by default."""
    late = token(exp=in_future(-5))
    assert (await of_secret().verify(late)).user_id == "pat"
    assert isinstance(await refused(of_secret(jwt_leeway=0), late), Unauthenticated)


@pytest.mark.parametrize("end", [10**12, 10**18, 10**400], ids=["ms", "ns", "huge"])
async def test_an_end_that_never_comes_is_still_a_number_of_seconds(end: int) -> None:
    """Some count milliseconds; a timer must be able to wait for it."""
    caller = await of_secret().verify(token(exp=end))
    assert caller.expires_at is not None
    assert time.time() < caller.expires_at < 10**13


@pytest.mark.parametrize("service", [True, False])
async def test_issued_tokens_are_good(*, service: bool) -> None:
    """`im token` signs what this service takes, with either kind of key."""
    for algorithm in ALGORITHMS:
        text = issue_token(key_pair(algorithm).private, algorithm, "pat", service=service, ttl=60)
        caller = await of_public_key(algorithm).verify(text)
        assert (caller.user_id, caller.sees_all) == ("pat", service)
    text = issue_token(SECRET, "HS256", "pat", service=service, ttl=60)
    assert (await of_secret().verify(text)).sees_all is service


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kind", ["private", "other", "no file", "folder", "cut", "text"])
def test_a_wrong_public_key_ends_the_start(algorithm: str, kind: str, tmp_path: Path) -> None:
    """With one line that names the setting and shows nothing of the key."""
    other = ALGORITHMS[(ALGORITHMS.index(algorithm) + 1) % 3]
    pair = key_pair(algorithm)
    given = {
        "private": pair.private,
        "other": key_pair(other).public,
        "no file": str(tmp_path / "none.pem"),
        "folder": str(tmp_path),
        "cut": pair.public[:60],
        "text": "x" * 5000,
    }[kind]
    with pytest.raises(SettingsError, match=r"^JWT_PUBLIC_KEY: ") as caught:
        verifier(jwt_algorithm=algorithm, jwt_public_key=given)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert ("private" in str(caught.value)) is (kind == "private")


def test_pem_text_is_told_from_a_file(tmp_path: Path) -> None:
    """By its first line; \\n may be written out, as .env files need it."""
    file = tmp_path / "key.pem"
    file.write_text("-----BEGIN X-----\nabc\n")
    assert read_pem(str(file)) == "-----BEGIN X-----\nabc\n"
    assert read_pem("-----BEGIN X-----\\nabc\\n") == "-----BEGIN X-----\nabc\n"
