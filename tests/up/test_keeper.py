import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.up.folder import DataFolder
from app.up.keeper import Keeper, Saboteur
from app.up.problems import UpError
from app.up.program import Spec
from app.up.staff import Staff

SLEEPS = "import time; time.sleep(60)"


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[Staff]:
    folder = DataFolder(tmp_path)
    folder.take()
    staff = Staff(folder)
    yield staff
    staff.dismiss(list(staff.programs))
    folder.leave()


def program(name: str, code: str) -> Spec:
    return Spec(name, [sys.executable, "-c", code], "", ready=lambda: True)


def attend_until(keeper: Keeper, said: list[str], words: str) -> None:
    deadline = time.monotonic() + 20
    while not any(words in line for line in said):
        assert time.monotonic() < deadline, said
        keeper.attend()
        time.sleep(0.01)


def test_who_dies_comes_back(staff: Staff) -> None:
    """As another process, and it is said."""
    said: list[str] = []
    staff.engage(program("api-1", SLEEPS))
    keeper = Keeper(staff, lambda name, text: said.append(f"{name} {text}"), first_pause=0.01)
    saboteur = Saboteur(staff, ["api-1"], 0, lambda name, text: said.append(f"{name} {text}"))
    before = staff.pid("api-1")
    saboteur.work()
    attend_until(keeper, said, "api-1 is back")
    assert staff.pid("api-1") != before
    assert said[0] == f"api-1 kill -9 {before}"
    assert "signal 9" in said[1]


def test_who_cannot_come_back_ends_it_all(staff: Staff, tmp_path: Path) -> None:
    """After several tries, with its last words."""
    said: list[str] = []
    flag = tmp_path / "broken"
    code = f"import os, sys, time\nif os.path.exists({str(flag)!r}): sys.exit('no room')\n{SLEEPS}"
    staff.engage(Spec("api-1", [sys.executable, "-c", code], "", ready=lambda: not flag.exists()))
    keeper = Keeper(staff, lambda name, text: said.append(f"{name} {text}"), first_pause=0.01)
    flag.touch()
    staff.kill("api-1")
    with pytest.raises(UpError, match="api-1 does not start any more: no room"):
        attend_until(keeper, said, "never said")
    assert sum("did not come up (no room)" in line for line in said) == 6


def test_a_frozen_program_is_ended_all_the_same(staff: Staff) -> None:
    """It would not hear a signal while it stands still."""
    staff.engage(program("api-1", SLEEPS))
    staff.freeze("api-1")
    staff.thaw("api-1")
    staff.freeze("api-1")
    began = staff.programs["api-1"]
    staff.dismiss(["api-1"])
    assert not began.runs
