import pytest
from typer.testing import CliRunner

from app.cli import app
from tests.support.processes import executed_im


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "demo",
        "chat",
        "ai-service",
        "token",
        "db",
        "db upgrade",
        "db current",
        "bench send",
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    """--help answers, and each option in it has words of its own; this needs no process."""
    env = {"COLUMNS": "200", "TERM": "dumb"}
    done = CliRunner().invoke(app, [*command.split(), "--help"], env=env, prog_name="im")
    assert done.exit_code == 0
    assert f"im {command}" in done.stdout
    for line in done.stdout.splitlines():
        if "--" in line and "Usage" not in line and "--help" not in line:
            assert len(line.split()) > 3, line


def test_im_alone_lists_the_commands() -> None:
    """A newcomer's first word."""
    listed = executed_im(TERM="dumb").stdout
    for command in ("serve", "demo", "chat", "ai-service", "token", "db", "bench"):
        assert command in listed
