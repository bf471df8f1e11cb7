"""`im chat` as a newcomer runs it: another process, typed or piped input."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from subprocess import PIPE
from typing import Any

from typer.testing import CliRunner, Result

from app.cli import app
from im_client import AiReplyDelta, IMClient
from tests.im_client.clients import Server, next_of
from tests.support.databases import SqliteFiles
from tests.support.popen import Popen
from tests.support.scripted_ai import ScriptedAI
from tests.support.servers import run_program, run_service


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int | None
    out: str
    err: str


class Terminal:
    """A running chat with a pipe at either end."""

    def __init__(self, process: Popen[bytes]) -> None:
        self._process = process
        self.seen = ""

    @classmethod
    async def start(cls, *args: str) -> Terminal:
        env = os.environ | {"PYTHONUNBUFFERED": "1", "TZ": "UTC"}
        command = [sys.executable, "-m", "app.cli", "chat", *args]
        return cls(Popen(command, bufsize=0, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=env))

    def type(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def sees(self, text: str) -> None:
        async with asyncio.timeout(20):
            while text not in self.seen:
                assert await self.more(), f"ended without {text!r}: {self.seen}"

    async def more(self) -> bool:
        """Whether there was any."""
        assert self._process.stdout is not None
        data = await asyncio.to_thread(os.read, self._process.stdout.fileno(), 4096)
        self.seen += data.decode()
        return bool(data)

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    async def ended(self) -> Outcome:
        """Without an end of its input."""
        async with asyncio.timeout(30):
            while await self.more():
                continue
            await asyncio.to_thread(self._process.wait)
        return await self.end()

    async def end(self, piped: str = "") -> Outcome:
        async with asyncio.timeout(30):
            out, err = await asyncio.to_thread(self._process.communicate, piped.encode())
        self.seen += out.decode()
        return Outcome(self._process.returncode, self.seen, err.decode())


async def run(*args: str, piped: str = "") -> Outcome:
    return await (await Terminal.start(*args)).end(piped)


def refused(*args: str) -> Result:
    """A chat that does not begin; no process of its own is needed for that."""
    return CliRunner().invoke(app, ["chat", *args])


async def test_piped_lines_are_stored_and_answered_before_the_chat_ends(server: Server) -> None:
    """`echo hi | im chat --user u --wait 20` works, though the input ends at once; it stays for the
    replies, and no longer."""
    args = ("--user", "piper", "--url", server.url, "--wait", "20")
    outcome = await asyncio.wait_for(run(*args, piped="hi\nsecond\n"), 15)

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.index("you: hi") < outcome.out.index("you: second")
    assert "AI: hi" in outcome.out
    async with IMClient(server.url, "piper") as client:
        own = [m for m in await client.history("session_piper") if m.from_user_id == "piper"]
    assert [m.msg_content for m in own] == ["hi", "second"]


async def test_a_refused_message_is_told_in_the_servers_words(server: Server) -> None:
    """And without `--wait` nobody waits for the AI."""
    outcome = await run("--user", "verbose", "--url", server.url, piped="x" * 5001 + "\nshort\n")

    assert outcome.code == 1
    assert "Not sent: " in outcome.out
    assert "5000" in outcome.out
    assert "you: short" in outcome.out


async def test_an_ai_that_fails_is_told(sqlite_files: SqliteFiles) -> None:
    settings: dict[str, Any] = {"ai_service_url": "http://127.0.0.1:9/", "ai_max_attempts": 1}
    with run_service(database_url=sqlite_files.new(), **settings) as server:
        args = ("--user", "pat", "--url", server.url, "--wait", "20")
        outcome = await run(*args, piped="hello AI\n")

    assert outcome.code == 0
    assert "The AI could not answer: " in outcome.out


async def test_the_latest_group_is_taken_with_its_history(server: Server, ward: str) -> None:
    """What others wrote there does not steer the terminal."""
    async with IMClient(server.url, "dora") as dora:
        await dora.create_group("quiet")
        for number in range(3):
            await dora.send_http(ward, f"round {number}")
        await dora.send_http(ward, "\x1b[2J[bold]x[/bold]\n12:00 pat (patient): fake")

    outcome = await run("--user", "pat", "--url", server.url, "--history", "2")

    assert outcome.code == 0
    assert f"This is group {ward}." in outcome.out
    assert "dora (doctor): round 2" in outcome.out
    assert "round 1" not in outcome.out
    assert "\x1b" not in outcome.out
    assert "[bold]x[/bold]" in outcome.out
    assert "\n12:00 pat" not in outcome.out


async def test_a_conversation(server: Server, ward: str) -> None:
    """Messages of others appear while the chat waits for input, and joins, and the commands."""
    chat = await Terminal.start("--user", "dora", "--url", server.url, "--group", ward)
    await chat.sees("/help")
    async with IMClient(server.url, "dick") as dick:
        await dick.groups()
    async with IMClient(server.url, "pat") as pat, IMClient(server.url, "dora") as dora:
        await pat.send_http(ward, "does it hurt?")
        await chat.sees("pat (patient): does it hurt?")
        await dora.add_member(ward, "dick", "DOCTOR")
        await chat.sees("dick (doctor) joined.")

    chat.type("no")
    await chat.sees("you: no")
    chat.type("/members")
    await chat.sees("paul (patient)")
    chat.type("/help")
    await chat.sees("/quit")
    chat.type("/nonsense")
    await chat.sees("There is no command /nonsense")
    chat.type("//not a command")
    await chat.sees("you: /not a command")
    outcome = await chat.end("/quit\n")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.count("does it hurt?") <= 2  # the AI may repeat it


async def test_a_reply_can_be_stopped(sqlite_files: SqliteFiles) -> None:
    """By its own name; where there is none, that is said."""
    ai = ScriptedAI()
    ai.words_let_go = 3
    with (
        run_program(ai.app) as ai_url,
        run_service(database_url=sqlite_files.new(), ai_service_url=ai_url) as server,
    ):
        chat = await Terminal.start("--user", "pat", "--url", server.url)
        await chat.sees("/help")
        chat.type("/stop")
        await chat.sees("The AI is not answering just now.")
        async with IMClient(server.url, "pat", deltas=True) as other_device:
            await other_device.connect()
            chat.type("stream:one two three four")
            while (await next_of(other_device, AiReplyDelta)).text_so_far != "one two three":
                continue
        async with asyncio.timeout(20):
            while "The reply was stopped." not in chat.seen:  # pipes hear of no piece
                chat.type("/stop")
                assert await chat.more()
        outcome = await chat.end("/quit\n")

    assert "AI: one two three\n" in outcome.out
    assert outcome.out.count("one two") == 2  # typed and answered: pieces are not told in a pipe


async def test_the_mode_of_the_ai_is_changed_and_shown(server: Server, ward: str) -> None:
    """By doctors; a patient hears why not."""
    dora = await Terminal.start("--user", "dora", "--url", server.url, "--group", ward)
    pat = await Terminal.start("--user", "pat", "--url", server.url, "--group", ward)
    await dora.sees("/help")
    await pat.sees("/help")

    dora.type("/ai mention")
    await dora.sees("@AI (set by dora)")
    await pat.sees("The AI answers only where it is called: @AI (set by dora).")
    pat.type("/ai off")
    pat.type("/ai loud")
    await pat.sees("There is no command /ai loud")

    assert "The AI is off" not in (await pat.end()).out
    assert (await dora.end()).code == 0


async def test_older_messages_are_shown_on_demand(server: Server, ward: str) -> None:
    async with IMClient(server.url, "dora") as dora:
        for number in range(1, 6):
            await dora.send_http(ward, f"m{number}")
    chat = await Terminal.start(
        "--user", "dora", "--url", server.url, "--group", ward, "--history", "2"
    )
    await chat.sees("m5")
    assert "m3" not in chat.seen

    chat.type("/history")
    await chat.sees("m3")
    chat.type("/history")
    await chat.sees("m1")
    chat.type("/history")
    await chat.sees("no older messages")
    outcome = await chat.end()

    assert [outcome.out.count(f"m{n}\n") for n in range(1, 6)] == [1] * 5


async def test_a_lost_connection_is_told_and_nothing_is_missed(server: Server, ward: str) -> None:
    chat = await Terminal.start("--user", "dora", "--url", server.url, "--group", ward)
    await chat.sees("/help")

    await server.ws_close_all(4001)
    async with IMClient(server.url, "dora") as other_device:
        await other_device.send_http(ward, "meanwhile")
    await chat.sees("Connection lost")
    await chat.sees("Connected again.")
    await chat.sees("you: meanwhile")

    assert (await chat.end()).code == 0


async def test_a_final_close_ends_the_chat(server: Server) -> None:
    chat = await Terminal.start("--user", "pat", "--url", server.url)
    await chat.sees("/help")

    await server.ws_close_all(4503)
    outcome = await chat.ended()

    assert outcome.code == 1
    assert "no longer allowed" in outcome.err or "forbidden" in outcome.err
    assert "Traceback" not in outcome.err


async def test_an_interrupt_ends_the_chat_quietly(server: Server) -> None:
    chat = await Terminal.start("--user", "pat", "--url", server.url)
    await chat.sees("/help")

    chat.interrupt()
    outcome = await chat.ended()

    assert (outcome.code, outcome.err) == (130, "")


def test_an_unknown_group_is_told_in_the_servers_words(server: Server) -> None:
    outcome = refused("--user", "pat", "--url", server.url, "--group", "group_of_nobody")

    assert outcome.exit_code == 1
    assert "group" in outcome.stderr.lower()
    assert len(outcome.stderr.splitlines()) == 1


def test_no_server_is_one_line_with_address_and_help(unused_tcp_port: int) -> None:
    """And without the token."""
    url = f"http://127.0.0.1:{unused_tcp_port}"
    outcome = refused("--user", "pat", "--url", url, "--token", "s3cr3t")

    assert outcome.exit_code == 1
    assert len(outcome.stderr.splitlines()) == 1
    for part in (url, "im serve", "make demo"):
        assert part in outcome.stderr
    assert "s3cr3t" not in outcome.output


def test_a_wrong_address_is_a_usage_error() -> None:
    assert refused("--user", "pat", "--url", "localhost:8000").exit_code == 2
