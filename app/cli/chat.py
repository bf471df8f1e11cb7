import asyncio
from typing import Annotated

import typer
from rich.console import Console

from app.chat.room import Chat, Options, words
from app.chat.terminal import Screen
from im_client import IMClient, IMClientError, IMConnectionError


async def _run(url: str, token: str | None, options: Options) -> bool:
    try:
        client = IMClient(url, options.user, token, deltas=True)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from None
    async with client:
        return await Chat(client, Screen(Console()), options).run()


def chat(
    user: Annotated[str, typer.Option(help="Your user id, for example alice.")],
    group: Annotated[
        str | None,
        typer.Option(help="The group to chat in. Without it: your group with the latest message."),
    ] = None,
    url: Annotated[str, typer.Option(help="Where the server is.")] = "http://127.0.0.1:8000",
    token: Annotated[
        str | None,
        typer.Option(
            envvar="IM_TOKEN",
            help="Your access token, where the server asks for one. Better set in IM_TOKEN than "
            "typed, where other users of this machine could see it.",
        ),
    ] = None,
    history: Annotated[
        int, typer.Option(min=0, max=100, help="How many earlier messages to show first.")
    ] = 20,
    wait: Annotated[
        float,
        typer.Option(min=0, help="Seconds to wait for the AI's replies when the input has ended."),
    ] = 0,
) -> None:
    """Chat in the terminal: type a message, press Enter; /help lists the commands.

    Messages can also be piped in: echo hello | im chat --user alice --wait 10
    """
    try:
        sent = asyncio.run(_run(url, token, Options(user, group, history, wait)))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except IMClientError as exc:
        Screen(Console(stderr=True)).problem(_refusal(exc))
        raise typer.Exit(1) from None
    raise typer.Exit(0 if sent else 1)


def _refusal(exc: IMClientError) -> str:
    if isinstance(exc, IMConnectionError):
        return (
            f"No server answers at {exc.url} ({exc.reason}). "
            "Start one with `im serve` or `make demo`, or name another with --url."
        )
    return words(exc)
