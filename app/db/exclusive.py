"""One process on a SQLite file: a second would have a hub of its own, and a second writer."""

import fcntl
from pathlib import Path
from typing import IO, Protocol


class InUse(Exception):
    """Another process of this service uses the database."""


class Exclusive(Protocol):
    """What keeps processes from a database that do not go with those that use it."""

    def acquire(self) -> None: ...
    def check(self) -> None: ...
    def release(self) -> None: ...


class ExclusiveFile:
    """An advisory lock beside the database. The kernel gives it back when the process ends,
    however it ends."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Raises InUse. A second call changes nothing."""
        if self._file is not None:
            return
        file = self._path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InUse from None
        self._file = file

    def check(self) -> None:
        """The kernel keeps it."""

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
