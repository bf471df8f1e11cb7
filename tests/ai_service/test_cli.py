import contextlib
import signal
import socket
import threading

import httpx2
import pytest
import typer
from typer.testing import CliRunner

from ai_service.cli import app, serve_command
from tests.ai_service.support import post, running_program, until_cut

SECRET = "my private complaint"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_serves_until_it_is_told_to_stop(number: int) -> None:
    """One line when it serves, the conversation, nothing more, exit code 0."""
    with running_program() as program:
        assert program.banner == f"AI service at {program.url} (engine demo, no API key)\n"
        assert post(program.url, {"message": SECRET}).is_success
        assert post(program.url, {"history": SECRET}).status_code == 400
        assert program.stop(number) == (0, "", "")


def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is never printed."""
    monkeypatch.setenv("AI_SERVICE_API_KEY", "key-7")
    with running_program("--engine", "echo") as program:
        assert program.banner.endswith("(engine echo, API key required)\n")
        assert post(program.url, {"message": "a"}).status_code == 401
        headers = {"Authorization": "Bearer key-7"}
        assert post(program.url, {"message": "a"}, headers=headers).json() == {"reply": "a"}
        assert program.stop() == (0, "", "")


def test_a_hanging_request_does_not_hold_up_the_end() -> None:
    """After a grace period it is answered by a 503, and the program ends cleanly."""
    answers: list[httpx2.Response] = []
    with running_program("--engine", "simulate", "--hang-rate", "1") as program:
        url = f"{program.url}/chat"
        asking = threading.Thread(target=lambda: answers.append(post(url, {"message": SECRET})))
        asking.start()
        while not httpx2.get(f"{program.url}/health", trust_env=False).is_success:
            pass
        asking.join(0.5)
        code, output, errors = program.stop()
        asking.join(5)
    assert (code, output) == (0, "")
    assert "Traceback" not in errors
    assert SECRET not in errors
    assert [answer.json()["error"]["number"] for answer in answers] == [5004]


def test_the_end_cuts_a_reply_that_has_begun() -> None:
    """After the grace period, and nothing but the banner was printed."""
    options = ("--engine", "simulate", "--tokens-per-second", "0.01")
    with (
        running_program(*options) as program,
        httpx2.stream(
            "POST", program.url, json={"message": "a", "stream": True}, trust_env=False, timeout=20
        ) as answer,
    ):
        pieces = answer.iter_text()
        assert "Simulated" in next(pieces)
        code, output, errors = program.stop()
        with pytest.raises(httpx2.RemoteProtocolError):
            next(pieces)
    assert (code, output) == (0, "")
    assert "Traceback" not in errors


def test_cuts_that_are_meant_leave_no_lines() -> None:
    """A load test makes thousands of them."""
    with running_program("--engine", "simulate", "--cut-rate", "1") as program:
        for stream in (False, True):
            assert "Simulated" in until_cut(program.url, {"message": SECRET, "stream": stream})
        assert program.stop() == (0, "", "")


def test_the_engine_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the rest of a deployment's settings do."""
    monkeypatch.setenv("AI_SERVICE_ENGINE", "echo")
    with running_program() as program:
        assert "(engine echo, " in program.banner
        assert program.stop() == (0, "", "")


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--engine", "gpt"], "--engine: 'gpt' will not do; it must be one of demo"),
        (["--port", "70000"], "--port: '70000' will not do; it must be a port"),
        (["--host", "nobody.invalid"], "--host: 'nobody.invalid' will not do"),
        (["--api-key", ""], "--api-key: '' will not do"),
        (["--latency", "soon"], "--latency: 'soon' will not do; it must be a time"),
        (["--jitter", "2"], "--jitter: '2' will not do; it must be a number from 0"),
        (["--fail-rate", "2"], "--fail-rate: '2' will not do"),
        (["--hang-rate", "-1"], "--hang-rate: '-1' will not do"),
        (["--seed", "x"], "--seed: 'x' will not do"),
        (["--seed", "1"], "--engine: 'demo' will not do; it must be simulate where"),
        (["--length", "0"], "--length: '0' will not do"),
        (["--engine", "langchain"], "--model: '' will not do; it must be PROVIDER:NAME"),
    ],
)
def test_a_bad_option_is_refused_in_one_line(options: list[str], shown: str) -> None:
    """The line names the option and what it may be; the exit code is 2."""
    result = CliRunner().invoke(app, options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(shown)
    assert result.stderr.count("\n") == 1


def test_a_port_in_use_is_refused_in_one_line() -> None:
    """The exit code is 1, as another start may succeed."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        result = CliRunner().invoke(app, ["--port", port])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"--port: {port} is in use")
    assert result.stderr.count("\n") == 1


def test_the_command_can_be_mounted_in_another_program() -> None:
    """As `im ai-service` in the main program."""
    outer = typer.Typer()
    outer.command("ai-service")(serve_command)
    outer.command("other")(lambda: None)
    result = CliRunner().invoke(outer, ["ai-service", "--engine", "gpt"])
    assert result.exit_code == 2
    assert "--engine: 'gpt'" in result.stderr


def test_the_help_names_every_option() -> None:
    """And the environment variable that stands in for the key."""
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    names = (
        "host port engine api-key latency jitter first-token-delay tokens-per-second length seed "
        "fail-rate hang-rate rate-limit-rate cut-rate garbage-rate endless-rate "
        "model model-url model-api-key system-prompt temperature max-tokens model-timeout"
    )
    assert [name for name in names.split() if f"--{name} " not in shown] == []
    variables = "AI_SERVICE_API_KEY AI_SERVICE_ENGINE LANGCHAIN_MODEL LANGCHAIN_MODEL_API_KEY"
    assert [name for name in variables.split() if name not in shown] == []
