from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def slices(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Of what the items are now, however they change meanwhile."""
    left = iter(tuple(items))
    while some := list(islice(left, size)):
        yield some
