"""One log of many: each line with the name of who said it."""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
LOUD = 31
EVERY_SECONDS = 0.1
OWN_NAME = "up"


class OneLog:
    """Follows the files from their present ends on."""

    def __init__(self, folder: Path, names: Sequence[str], out: TextIO = sys.stdout) -> None:
        self._files = {name: folder / f"{name}.log" for name in names}
        self._read = {name: _size(file) for name, file in self._files.items()}
        self._width = max(map(len, [*names, OWN_NAME]))
        self._colours = dict(zip(names, COLOURS * len(names), strict=False))
        self._out = out
        self._coloured = out.isatty()
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """When the last line has been told."""
        self._ended.set()
        self._thread.join()
        self._tell_new()

    def say(self, name: str, text: str) -> None:
        """A word of our own, about a program or in general."""
        self._tell_new()
        self._write(OWN_NAME, f"{name}: {text}" if name else text, LOUD if name else 0)

    def _follow(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self._tell_new()

    def _tell_new(self) -> None:
        for name, file in self._files.items():
            for line in self._new_lines(name, file):
                self._write(name, line, self._colours[name])

    def _new_lines(self, name: str, file: Path) -> list[str]:
        """Whole lines only; the rest of one comes next time."""
        with self._writing:
            if _size(file) == self._read[name]:
                return []
            with file.open("rb") as log:
                log.seek(self._read[name])
                whole = log.read().rpartition(b"\n")[0]
            if not whole:
                return []
            self._read[name] += len(whole) + 1
        return whole.decode(errors="replace").splitlines()

    def _write(self, name: str, text: str, colour: int) -> None:
        start = f"{name:{self._width}} |"
        with self._writing:
            shown = f"\x1b[{colour}m{start}\x1b[0m" if self._coloured else start
            print(shown, text, file=self._out, flush=True)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
