"""`im demo --once`: exit 0 only if every step really happened."""

import socket
from pathlib import Path

from tests.support.processes import executed_im, im


def test_the_whole_conversation_and_a_second_start(tmp_path: Path) -> None:
    """Each step is printed with who received it and when; the data outlives the run."""
    first = executed_im("demo", "--once", "--data", str(tmp_path), "--lang", "en")
    assert first.returncode == 0, first.stdout + first.stderr
    for step in (
        "zhang_san (patient): Hello",
        "acknowledged to zhang_san after",
        "received by dr_li after",
        "AI assistant: ",
        "received by zhang_san and dr_li after",
        "dr_li (doctor): ",
        "the AI stays silent",
    ):
        assert step in first.stdout
    second = im("demo", "--once", "--data", str(tmp_path), "--lang", "en")
    assert second.returncode == 0
    assert "The earlier conversation is here: 3 messages" in second.stdout


def test_in_chinese(tmp_path: Path) -> None:
    """The reply comes in the language of the message."""
    done = im("demo", "--once", "--data", str(tmp_path), "--lang", "zh")
    assert done.returncode == 0
    reply = done.stdout.split("AI assistant: ")[1].splitlines()[0]
    assert any("\u4e00" <= char <= "\u9fff" for char in reply)


def test_a_port_that_was_asked_for_and_is_taken(tmp_path: Path) -> None:
    """Said with the reason of the program that could not start; nothing is left running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = im("demo", "--once", "--data", str(tmp_path), "--port", port)
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_language() -> None:
    """Said with what there is."""
    done = im("demo", "--lang", "xx")
    assert done.returncode == 2
    assert "en, zh" in done.stderr
