"""Where coverage is measured, which costs half as much again as the tests: not again and again in
what is the same on every database, and not where what it measures runs in other processes."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

OTHER_DATABASES = {"postgres", "postgresql", "mariadb", "mysql"}
OWN_WORDS_TO_EACH = ("tests/db/", "tests/models/", "tests/repositories/")
"""There the service speaks to each database in its own way."""
IN_OTHER_PROCESSES = ("tests/bench/", "tests/guarantees/")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if _is_measured(item):
        return (yield)
    with _untraced():
        return (yield)


def _is_measured(item: pytest.Item) -> bool:
    return not item.nodeid.startswith(IN_OTHER_PROCESSES) and not _is_repeated(item)


def _is_repeated(item: pytest.Item) -> bool:
    """On SQLite, coverage has seen it already."""
    call = getattr(item, "callspec", None)
    values = call.params.values() if call else ()
    elsewhere = any(isinstance(v, str) and v in OTHER_DATABASES for v in values)
    return elsewhere and not item.nodeid.startswith(OWN_WORDS_TO_EACH)


@contextmanager
def _untraced() -> Iterator[None]:
    """This thread and those that it starts."""
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)
