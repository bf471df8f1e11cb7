import math
import os
import subprocess
import sys

import pytest

from bench import cpu
from bench.report import percentile, shown_latency


def test_percentiles_are_values_that_were_measured() -> None:
    ordered = [float(n) for n in range(1, 101)]
    assert [percentile(ordered, share) for share in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert percentile([3.0], 0.5) == 3
    assert math.isnan(percentile([], 0.5))


def test_latencies_are_shown_with_two_digits() -> None:
    """Also where they are the median of two."""
    assert shown_latency({"p50": (1.8 + 1.9) / 2, "p99": None}) == "p50 1.85 ms, p99 None ms"


@pytest.mark.skipif(sys.platform != "linux", reason="CPU times are read from /proc")
def test_cpu_time_of_a_process_and_its_children() -> None:
    busy = "sum(range(10**7)); print(flush=True); input()"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", nested], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        assert (cpu.seconds_of_tree(process.pid) or 0) > 0.05
        process.communicate(b"\n")
    assert cpu.seconds_of_tree(process.pid) is None
    assert 0 < cpu.seconds_here() <= (cpu.seconds_of_tree(os.getpid()) or 0) + 0.1
