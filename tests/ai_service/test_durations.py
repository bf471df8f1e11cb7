import pytest

from ai_service.durations import duration_in


@pytest.mark.parametrize(
    ("text", "seconds"), [("2s", 2.0), ("200ms", 0.2), ("0.5", 0.5), ("soon", None), ("-1", None)]
)
def test_times_are_seconds_unless_they_say_milliseconds(text: str, seconds: float | None) -> None:
    """And what is no time is None."""
    assert duration_in(text) == (None if seconds is None else pytest.approx(seconds))
