"""`im bench compare`, in short: one load, all who are installed, and one thing measured once. A
peer that is not installed takes no part here."""

import sys
from pathlib import Path

import pytest

from bench.compare.contenders import contenders
from bench.compare.document import BEGIN, END
from bench.compare.loads import FANOUT
from tests.bench.running import figures_of


@pytest.mark.skipif(sys.platform != "linux", reason="ejabberd's database needs an own address")
def test_all_take_turns_and_the_page_is_written(figures_file: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    found = figures_of(
        figures_file, "compare", "--rounds", "1", "--seconds", "0.3", "--warm-up", "0.05",
        "--quick", "--only", FANOUT, "--only", "sqlite", "--write-docs", str(page),
    )  # fmt: skip
    assert set(found["rounds"]) == {FANOUT}
    assert list(found["rounds"][FANOUT]) == [each.name for each in contenders()[0]]
    for [figures] in found["rounds"][FANOUT].values():
        assert figures["deliveries"] == figures["stored"] * 100 > 0
    assert set(found["once"]) == {"sqlite"}
    assert found["machine"]["disk_sync_us"] > 0
    assert "| fan-out to 100 members | ≥ 10 × ejabberd |" in page.read_text()
