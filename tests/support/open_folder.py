from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def open_folder() -> Iterator[Path]:
    """That the users may enter as whom PostgreSQL and nginx run where the tests are root's. Gone at
    the end."""
    with TemporaryDirectory(prefix="im-up-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)
