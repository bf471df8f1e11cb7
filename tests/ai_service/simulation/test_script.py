import pytest

from ai_service.errors import InvalidRequestError
from ai_service.simulation.script import Script, script_in


def script(text: str) -> Script:
    found = script_in(f"!sim {text}")
    assert found is not None
    return found


@pytest.mark.parametrize("message", ["hello", " !sim {}", "!sim", "!simulate {}", "say !sim {}"])
def test_other_messages_are_no_scripts(message: str) -> None:
    """Only the very beginning counts."""
    assert script_in(message) is None


def test_an_empty_script_is_an_answer_at_once() -> None:
    """Nothing of the options applies to it."""
    behaviour = script("{}").behaviour("hello")
    assert "".join(behaviour.tokens) == "Simulated reply to a message of 5 characters."
    assert (behaviour.latency_s, behaviour.error, behaviour.cut_after) == (0, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"), [('"2s"', 2), ('"200ms"', 0.2), ("0.5", 0.5), ('"1.5"', 1.5)]
)
def test_times_are_read_as_the_options_are(text: str, seconds: float) -> None:
    """As text with a unit, or as a number of seconds."""
    behaviour = script(f'{{"latency": {text}, "first_token_delay": {text}}}').behaviour("")
    assert behaviour.latency_s == behaviour.first_token_delay_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "status", "headers"),
    [
        ('{"status": 503}', 503, {}),
        ('{"status": 418}', 418, {}),
        ('{"retry_after": 2}', 429, {"Retry-After": "2"}),
        ('{"status": 503, "retry_after": 2}', 503, {"Retry-After": "2"}),
        ('{"status": 401}', 401, {"WWW-Authenticate": "Bearer"}),
    ],
)
def test_a_status_becomes_an_error(text: str, status: int, headers: dict[str, str]) -> None:
    """With a Retry-After where the script gives one."""
    error = script(text).behaviour("").error
    assert error is not None
    assert (error.status, dict(error.headers) | headers) == (status, dict(error.headers))


def test_client_and_server_errors_are_told_apart() -> None:
    """Only the latter are worth another try."""
    errors = [script(f'{{"status": {status}}}').behaviour("").error for status in (400, 429, 500)]
    assert [error.retryable for error in errors if error] == [False, True, True]


def test_the_length_may_be_scripted() -> None:
    """In tokens."""
    assert len(script('{"length": 9}').behaviour("").tokens) == 9


def test_attempts_follow_one_another() -> None:
    """The last goes on for ever."""
    played = script('{"attempts": [{"status": 503}, {"cut_after": 2}]}')
    assert [played.at(attempt).cut_after for attempt in (1, 2, 3, 99)] == [None, 2, 2, 2]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        ('{"status": 200}', "status: "),
        ('{"latency": "soon"}', "latency: must be a time such as 2s"),
        ('{"latency": -1}', "latency: "),
        ('{"tokens_per_second": 0}', "tokens_per_second: "),
        ('{"attempts": []}', "attempts: "),
        ('{"attempts": [{"stat": 1}]}', "attempts.0.stat: "),
        ('{"cut": 1}', "cut: Extra inputs"),
    ],
)
def test_what_cannot_be_played_is_refused(text: str, fault: str) -> None:
    """The refusal names the place, and repeats nothing of the message."""
    with pytest.raises(InvalidRequestError) as caught:
        script(text)
    assert fault in caught.value.message
