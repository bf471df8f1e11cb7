"""The AI's part of the chat."""

from io import StringIO

import msgspec
import pytest
from rich.console import Console

from app.chat.replies import ReplyView
from app.chat.terminal import Screen
from im_client import AiModeChanged, AiReplyStart, Connected, GroupState
from tests.im_client.made import connected


@pytest.fixture
def out() -> StringIO:
    return StringIO()


@pytest.fixture
def view(out: StringIO) -> ReplyView:
    return ReplyView(Screen(Console(file=out)), "magenta")


def in_mode(ai_mode: str) -> Connected:
    state = GroupState(last_seq=0, user_role="PATIENT", ai_mode=ai_mode)
    return msgspec.structs.replace(connected(), groups={"g": state})


def test_only_a_reply_in_the_making_can_be_named(view: ReplyView) -> None:
    named = [view.stream_id]
    view.grows(AiReplyStart(stream_id="s", group_id="g", user_message_id="m"))
    named.append(view.stream_id)
    view.ends()
    named.append(view.stream_id)

    assert named == [None, "s", None]


def test_a_mode_changed_while_away_is_told_once(view: ReplyView, out: StringIO) -> None:
    """At the first connection it is no news."""
    view.connected(in_mode("auto"), "g")
    assert out.getvalue() == ""

    view.connected(in_mode("off"), "g")
    view.connected(in_mode("off"), "g")

    assert out.getvalue() == "The AI is off.\n"


def test_a_mode_of_a_newer_server_is_named(view: ReplyView, out: StringIO) -> None:
    view.mode_changed(AiModeChanged(group_id="g", ai_mode="quiet", by_user_id="dora"))

    assert out.getvalue() == "The AI's mode is quiet (set by dora).\n"
