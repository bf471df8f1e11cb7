"""`im bench burst`, in short, on real servers."""

from pathlib import Path

import pytest

from tests.bench.running import assert_refused, figures_of
from tests.support.databases import PostgresDatabases


def test_one_worker_answers_everybody_at_once(
    figures_file: Path, postgres: PostgresDatabases
) -> None:
    """One after the other would take as many times the AI's own."""
    url = postgres.new(migrated=False)
    found = figures_of(
        figures_file, "burst", "--users", "12", "--latency", "500ms", "--database-url", url
    )
    assert found["answered"] == found["records"] == 12
    assert 0.5 <= found["seconds"] < 12 * 0.5


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--users", "0"), "--users"),
        (("--latency", "soon"), "--latency"),
        (("--latency", "11s"), "--latency"),
        (("--size", "0"), "--size"),
        (("--database-url", "sqlite"), "--database-url"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "burst", *arguments)
