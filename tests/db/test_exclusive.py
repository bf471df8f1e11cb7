from pathlib import Path

import pytest

from app.db.exclusive import ExclusiveFile, InUse


def test_one_at_a_time(tmp_path: Path) -> None:
    """The second is refused until the first lets go."""
    first, second = ExclusiveFile(tmp_path / "im.db"), ExclusiveFile(tmp_path / "im.db")
    first.acquire()
    with pytest.raises(InUse):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_acquired_twice(tmp_path: Path) -> None:
    """By the same holder, which changes nothing."""
    file = ExclusiveFile(tmp_path / "im.db")
    file.acquire()
    file.acquire()
    file.release()
    file.release()


def test_other_files(tmp_path: Path) -> None:
    """Are others' business."""
    one, two = ExclusiveFile(tmp_path / "one.db"), ExclusiveFile(tmp_path / "two.db")
    one.acquire()
    two.acquire()
    one.release()
    two.release()


def test_release_without_acquire(tmp_path: Path) -> None:
    """Does nothing, and makes no file."""
    ExclusiveFile(tmp_path / "im.db").release()
    assert list(tmp_path.iterdir()) == []
