"""The comparison as Markdown, and its place in a page."""

from collections.abc import Sequence
from pathlib import Path

from bench.command import Figures
from bench.compare.results import Results
from bench.compare.targets import TARGETS
from bench.problems import BenchError, UsageError
from bench.report import shown_latency

BEGIN, END = "<!-- comparison: begin -->", "<!-- comparison: end -->"
MET = {True: "yes", False: "**no**", None: "not measured"}


def check_page(page: Path) -> None:
    """Raises UsageError where the comparison has no place there."""
    try:
        text = page.read_text()
    except OSError as error:
        raise UsageError(f"--write-docs: cannot read {page}: {error.strerror}") from error
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise UsageError(f"--write-docs: {page} needs the lines {BEGIN} and {END}, once each")


def write_page(page: Path, markdown: str) -> None:
    """Raises BenchError."""
    try:
        text = page.read_text()
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{markdown}\n{END}{after}")
    except OSError as error:
        raise BenchError(f"--write-docs: cannot write {page}: {error.strerror}") from error


def markdown(found: Figures, results: Results) -> str:
    parts = [
        _where(found),
        _table(("what", "target", "figure", "met"), _target_rows(results)),
        f"All took turns; medians over the rounds, of which there were {found['plan']['rounds']}:",
        _table(("load", "who", "rate", "latency", "CPU per message"), _load_rows(results)),
        _notes(found, results),
    ]
    return "\n\n".join(part for part in parts if part)


def _where(found: Figures) -> str:
    machine, plan = found["machine"], found["plan"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    peers = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return (
        f"{machine['date']}; {machine['cpus']} cores ({machine['processor']}), "
        f"{machine['memory']} of memory, for servers, database and generator together; a disk that "
        f"syncs a block in {machine['disk_sync_us']} µs; {machine['system']}, "
        f"Python {machine['python']}, {packages}; {peers}. PostgreSQL on a Unix socket, but for "
        "ejabberd, which speaks TCP only; `fsync` and `synchronous_commit` on, all else as it "
        f"comes. {plan['size']} characters, {plan['seconds']:g} s each after "
        f"{plan['warm_up']:g} s of warm-up."
    )


def _target_rows(results: Results) -> list[Sequence[str]]:
    return [(t.what, t.shown, t.shown_figure(results), MET[t.met(results)]) for t in TARGETS]


def _load_rows(results: Results) -> list[Sequence[str]]:
    return [
        (
            load,
            who,
            _rate(results, load, who),
            _latency(results, load, who),
            _cpu(results, load, who),
        )
        for load, by_contender in results.rounds.items()
        for who in by_contender
    ]


def _rate(results: Results, load: str, who: str) -> str:
    deliveries = results.median(load, who, "deliveries_per_second")
    if deliveries is not None:
        return f"{deliveries:,.0f} deliveries/s"
    return f"{results.median(load, who, 'acknowledged_per_second') or 0:,.0f}/s"


def _latency(results: Results, load: str, who: str) -> str:
    kind = next(iter(results.rounds[load][who]))
    name = "last_delivery_ms" if "last_delivery_ms" in kind else "latency_ms"
    values = {part: results.median(load, who, name, part) for part in kind[name] if part != "max"}
    return shown_latency({part: value and round(value, 2) for part, value in values.items()})


def _cpu(results: Results, load: str, who: str) -> str:
    parts = {part: results.median(load, who, "cpu_us_per_message", part) for part in CPU_PARTS}
    return ", ".join(f"{part} {us:.0f} µs" for part, us in parts.items() if us is not None)


def _notes(found: Figures, results: Results) -> str:
    notes = [
        *found["missing"],
        *(f"Not to be trusted: {fault}" for fault in results.faults),
        *(f"The generator used {busy:.0%} of a core: {load}" for load, busy in results.busy()),
    ]
    return "\n".join(f"- {note}" for note in notes)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


CPU_PARTS = ("server", "database")
