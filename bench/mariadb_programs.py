"""Where MariaDB's server is: on this machine, or taken from the distribution's packages into a
folder of ours, which needs no right to install anything."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.problems import BenchError

PACKAGE = "mariadb-server-core"
ABSENT = "MariaDB: there is no mariadbd on the PATH, and no apt-get to fetch one; install it"
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Programs:
    """`root`: what the packages hold; None where they are installed."""

    server: Path
    root: Path | None = None

    @property
    def arguments(self) -> list[str]:
        return [str(self.server), "--no-defaults", *self._places()]

    @property
    def environment(self) -> dict[str, str]:
        if self.root is None:
            return dict(os.environ)
        folders = {str(path.parent) for path in self.root.glob("usr/lib/**/*.so*")}
        return os.environ | {"LD_LIBRARY_PATH": os.pathsep.join(sorted(folders))}

    def system_tables(self) -> str:
        """What makes them, in SQL."""
        usr = self.root / "usr" if self.root else self.server.resolve().parents[1]
        for name in ("mariadb", "mysql"):
            for folder in (usr / "share" / name, usr / "share"):
                files = [folder / f"{name}_system_tables{part}.sql" for part in ("", "_data")]
                if all(file.exists() for file in files):
                    return "\n".join(file.read_text() for file in files)
        raise BenchError(f"MariaDB: {usr / 'share'} lacks the file mysql_system_tables.sql")

    def _places(self) -> list[str]:
        return [f"--basedir={self.root / 'usr'}"] if self.root else []


@cache
def mariadb_programs() -> Programs:
    """Raises BenchError with the reason where there are none."""
    installed = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if installed:
        return Programs(Path(installed))
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise BenchError(ABSENT)
    kept = _cache_folder()
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one fetches, the others wait for it
        if not (kept / PACKAGE).exists():
            _fetch(kept)
    return Programs(kept / PACKAGE / "usr/sbin/mariadbd", kept / PACKAGE)


def _cache_folder() -> Path:
    """Root's is open to the user who will run the server."""
    if os.geteuid() == 0:
        return Path("/var/cache/im-service")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "im-service"


def _fetch(kept: Path) -> None:
    with TemporaryDirectory(dir=kept) as name:
        work = Path(name)
        root = work / "root"
        root.mkdir(mode=0o755)
        options: list[str] = []
        needed = _needed(work, options)
        if not needed:
            options = _own_lists(work)
            _run_or_stop(work, ["apt-get", *options, "-q", "update"])
            needed = _needed(work, options)
        if not needed:
            raise BenchError(f"MariaDB: the distribution has no package {PACKAGE}; install it")
        _run_or_stop(work, ["apt-get", *options, "-q", "download", *needed])
        for package in sorted(work.glob("*.deb")):
            _run_or_stop(work, ["dpkg-deb", "-x", str(package), str(root)])
        root.rename(kept / PACKAGE)


def _own_lists(work: Path) -> list[str]:
    """For those who may not renew the machine's lists of packages."""
    lists, cached = work / "lists", work / "cache"
    for folder in (lists / "partial", cached / "archives" / "partial"):
        folder.mkdir(parents=True)
    return ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cached}"]


def _needed(work: Path, options: Sequence[str]) -> list[str]:
    """The package and what it needs, as far as that is not installed."""
    arguments = ["apt-get", *options, "install", "-s", "--no-install-recommends", PACKAGE]
    found = _run(work, arguments).stdout
    return [line.split()[1] for line in found.splitlines() if line.startswith("Inst ")]


def _run_or_stop(work: Path, arguments: Sequence[str]) -> None:
    done = _run(work, arguments)
    if done.returncode:
        last = " ".join(done.stderr.split())[-300:]
        raise BenchError(f"MariaDB: {arguments[0]} failed: {last}")


def _run(work: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - programs of the distribution
        arguments, cwd=work, capture_output=True, text=True, timeout=SECONDS, check=False
    )
