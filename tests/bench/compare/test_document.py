"""Figures become a table of what is asked, and the table finds its place in a page."""

from pathlib import Path
from typing import Any

import pytest

from bench.compare.contenders import EJABBERD, PGBENCH, SERVICE
from bench.compare.document import BEGIN, END, markdown, write_page
from bench.compare.loads import FANOUT, WINDOW_1
from bench.compare.results import Results
from bench.compare.targets import TARGETS
from tests.bench.running import assert_refused


def sent(rate: float, *, verified: bool = True, busy: float = 0.1) -> dict[str, Any]:
    return {
        "acknowledged_per_second": rate, "latency_ms": {"p50": 1.5}, "generator_busy": busy,
        "verified": verified, "faults": [] if verified else ["Messages were lost or doubled."],
    }  # fmt: skip


def results(*, verified: bool = True, busy: float = 0.1) -> Results:
    found = Results()
    for rate in (100.0, 900.0, 300.0):
        found.add(WINDOW_1, SERVICE, sent(rate, verified=verified, busy=busy))
    found.add(WINDOW_1, PGBENCH, sent(400.0))
    found.add(WINDOW_1, EJABBERD, sent(200.0))
    return found


def page_of(found: Results) -> str:
    machine = {
        "date": "2026-01-31", "cpus": 2, "processor": "Fast", "memory": "24 GiB",
        "disk_sync_us": 20.0, "system": "Linux", "python": "3.11", "packages": {"fastapi": "1"},
    }  # fmt: skip
    plan = {"rounds": 3, "seconds": 8, "warm_up": 1, "size": 200}
    missing = ["ejabberd: not installed"]
    versions = {"postgresql": "18"}
    return markdown(
        {"machine": machine, "plan": plan, "versions": versions, "missing": missing}, found
    )


def test_the_median_of_the_rounds_is_held_against_the_targets() -> None:
    """300 a second are 0.75 of pgbench's, which is enough, and 1.5 of ejabberd's, which is not."""
    page = page_of(results())
    assert "| durable sends, 100 users, window 1 | ≥ 0.7 × pgbench | 0.75 × pgbench | yes |" in page
    assert "| ≥ 2.5 × ejabberd | 1.5 × ejabberd | **no** |" in page
    assert "| fan-out to 100 members | ≥ 10 × ejabberd | not measured | not measured |" in page
    assert f"| {WINDOW_1} | {SERVICE} | 300/s | p50 1.5 ms |" in page
    assert "Not to be trusted" not in page
    assert "- ejabberd: not installed" in page


def test_what_cannot_be_trusted_is_said() -> None:
    found = results(verified=False, busy=0.95)
    assert found.faults[0] == f"{WINDOW_1}, {SERVICE}: Messages were lost or doubled."
    page = page_of(found)
    assert f"- Not to be trusted: {WINDOW_1}, {SERVICE}: Messages were lost" in page
    assert f"- The generator used 95% of a core: {WINDOW_1}, {SERVICE}" in page


@pytest.mark.parametrize("figure", [5.0, 5.1])
def test_a_figure_may_be_as_high_as_its_limit(figure: float) -> None:
    target = next(t for t in TARGETS if t.what == "storm: all clients recovered")
    found = Results(once={"storm": {"all_recovered_s": figure}})
    assert target.met(found) is (figure == 5.0)
    assert target.met(Results()) is None


def test_a_ratio_needs_both_sides() -> None:
    found = results()
    key = "acknowledged_per_second"
    assert found.ratio(WINDOW_1, key, SERVICE, EJABBERD) == 1.5
    assert found.ratio(FANOUT, key, SERVICE, EJABBERD) is None


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(page, "new")
    write_page(page, "newer")
    assert page.read_text() == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"


@pytest.mark.parametrize(
    "text", ["none", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}"]
)
def test_a_page_without_its_place_is_refused_before_anything_is_measured(
    tmp_path: Path, text: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert_refused("--write-docs", "compare", "--write-docs", str(page))
    assert page.read_text() == text


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--rounds", "0"), "--rounds"),
        (("--only", "everything"), "--only"),
        (("--seconds", "0"), "--seconds"),
        (("--size", "0"), "--size"),
        (("--write-docs", "/no/such/page.md"), "--write-docs"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: tuple[str, ...], names: str) -> None:
    assert_refused(names, "compare", *arguments)
