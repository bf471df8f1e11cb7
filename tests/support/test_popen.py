import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.popen import Popen
from tests.support.processes import finished

ASLEEP = "print('asleep', flush=True); import time; time.sleep(60)"


def asleep() -> Popen[str]:
    pipe = subprocess.PIPE
    process = Popen([sys.executable, "-c", ASLEEP], stdout=pipe, stderr=pipe, text=True)
    assert process.stdout
    assert process.stdout.readline() == "asleep\n"
    return process


def test_a_program_has_its_arguments_its_environment_and_its_folder(tmp_path: Path) -> None:
    """And pipes of its own, and nothing else that is open."""
    code = (
        "import os, sys; print(sys.argv[1:], dict(os.environ), os.getcwd(), sys.stdin.read());"
        "print([fd for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}')]);"
        "print('said', file=sys.stderr)"
    )
    done = finished("-c", code, "a", "b", env={"COLOUR": "red"}, folder=tmp_path)
    assert done.stdout.splitlines() == [f"['a', 'b'] {{'COLOUR': 'red'}} {tmp_path} ", "[]"]
    assert (done.stderr, done.returncode) == ("said\n", 0)


@pytest.mark.parametrize(
    ("ending", "code", "last_words"),
    [
        ("sys.exit(7)", 7, ""),
        ("sys.exit('no')", 1, "no"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
        ("os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, "KeyboardInterrupt"),
        ("atexit.register(lambda: print('bye', file=sys.stderr))", 0, "bye"),
    ],
)
def test_it_ends_as_any_program(ending: str, code: int, last_words: str) -> None:
    done = finished("-c", f"import atexit, os, signal, sys; {ending}")
    assert done.returncode == code
    assert "".join(done.stderr.splitlines()[-1:]) == last_words


def test_no_two_have_the_same_luck() -> None:
    code = "import random, uuid; print(random.random(), uuid.uuid4())"
    assert len({finished("-c", code).stdout for _ in range(3)}) == 3


def test_its_group_is_that_of_who_started_it_or_its_own() -> None:
    """So that Ctrl-C in a terminal reaches it, or does not."""
    command = [sys.executable, "-c", "import os; print(os.getpgid(0) == os.getpid())"]
    for own, seen in ((False, b"False\n"), (True, b"True\n")):
        with Popen[bytes](command, stdout=subprocess.PIPE, start_new_session=own) as process:
            assert process.communicate()[0] == seen


def test_it_can_be_stopped_and_killed() -> None:
    with asleep() as process:
        assert process.poll() is None
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        assert process.poll() == -signal.SIGKILL
        process.kill()  # it is known to be gone


def test_what_cannot_be_forked_is_executed() -> None:
    done = finished("-W", "error", "-c", "import sys; print(sys.warnoptions)")
    assert done.stdout == "['error']\n"
