import subprocess
import sys
from pathlib import Path

import pytest

from app.up.folder import DataFolder
from app.up.problems import UpError

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


def test_what_a_killed_run_left_is_ended(tmp_path: Path) -> None:
    """Found by its number and its start; a later process of the same number would be let be."""
    first = DataFolder(tmp_path / "data")
    assert first.take() == []
    with subprocess.Popen(SLEEPER, stdout=subprocess.PIPE) as left:
        assert left.stdout is not None
        left.stdout.readline()
        first.note_running({"api-1": left.pid})
        told = (first.path / "running.json").read_text()
        first.leave()
        (first.path / "running.json").write_text(told)  # as if it had not left in order

        second = DataFolder(tmp_path / "data")
        assert second.take() == ["api-1"]
        second.leave()
        assert left.wait(5) != 0

    (second.path / "running.json").write_text(told)
    third = DataFolder(tmp_path / "data")
    assert third.take() == []
    third.leave()


def test_one_at_a_time(tmp_path: Path) -> None:
    """The second is told so, and gets the folder when the first has left it."""
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.take()
    with pytest.raises(UpError, match="another `im up` runs"):
        second.take()
    first.leave()
    second.take()
    second.leave()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """Its parent is a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UpError, match="--data: cannot use"):
        DataFolder(tmp_path / "file" / "data").take()
