from pathlib import Path
from typing import Annotated

import typer
from jwt import PyJWTError

from app.cli.problems import USAGE, settings_or_stop, stop
from app.config import SECRET_MIN_BYTES
from app.errors import AppError
from app.security.tokens import issue_token, read_pem
from app.services.core.rules import check_user_id


def token(
    user: Annotated[str, typer.Option(help="The user_id that the token speaks for.")],
    service: Annotated[
        bool, typer.Option("--service", help="Add the scope `service`: your own backend.")
    ] = False,
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until the token expires.")] = 3600,
    private_key: Annotated[
        Path | None,
        typer.Option(help="PEM file to sign with, for RS256, ES256 and EdDSA."),
    ] = None,
) -> None:
    """Print a token for AUTH_MODE=jwt, to try things with.

    Signs with JWT_SECRET (HS256), or with --private-key and JWT_ALGORITHM.
    """
    settings = settings_or_stop().auth
    try:
        check_user_id("--user", user)
    except AppError as error:
        stop(error.message, USAGE)
    if settings.jwt_algorithm == "HS256":
        key = settings.jwt_secret or ""
        if len(key.encode()) < SECRET_MIN_BYTES:
            stop(f"JWT_SECRET: set it to at least {SECRET_MIN_BYTES} bytes first", USAGE)
    elif private_key is None:
        stop(
            f"--private-key: {settings.jwt_algorithm} signs with a private key; name its file",
            USAGE,
        )
    else:
        key = _read(private_key)
    try:
        typer.echo(issue_token(key, settings.jwt_algorithm, user, service=service, ttl=ttl))
    except (TypeError, ValueError, PyJWTError) as error:
        stop(
            f"--private-key: is no PEM key for {settings.jwt_algorithm} ({type(error).__name__})",
            USAGE,
        )


def _read(path: Path) -> str:
    try:
        return read_pem(str(path))
    except OSError as error:
        stop(f"--private-key: cannot read {path}: {error.strerror}", USAGE)
