import pytest

from ai_service import options
from ai_service.engines import engine_factories
from ai_service.options import OptionError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1.0), ("200ms", 0.2), ("0.5", 0.5), ("0", 0.0), ("1.5s", 1.5), ("3600", 3600.0)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """Seconds, or milliseconds where it says so."""
    assert options.duration_s("--latency", text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1m", "-1s", "s", "1e3", "inf", "3601s", "٣s", "1s\n"])
def test_bad_durations_are_refused(text: str) -> None:
    """The refusal names the option and shows the form."""
    with pytest.raises(OptionError, match=r"--latency: .* must be a time .* 200ms"):
        options.duration_s("--latency", text)


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("1", 1.0), ("0.05", 0.05)])
def test_fractions_are_read(text: str, value: float) -> None:
    """Both ends belong to the range."""
    assert options.fraction("--jitter", text) == value


@pytest.mark.parametrize("text", ["", "1.01", "-0.1", "nan", "inf", "5%", "x"])
def test_bad_fractions_are_refused(text: str) -> None:
    """What is no number is refused as what is out of range."""
    with pytest.raises(OptionError, match=r"--fail-rate: .* must be a number from 0"):
        options.fraction("--fail-rate", text)


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("8001", 8001), ("65535", 65535)])
def test_ports_are_read(text: str, port: int) -> None:
    """Zero lets the system choose."""
    assert options.port_number(text) == port


@pytest.mark.parametrize("text", ["", "-1", "65536", "http", "80.0", "8" * 5000])
def test_bad_ports_are_refused(text: str) -> None:
    """The range is told."""
    with pytest.raises(OptionError, match=r"--port: .* from 1 to 65535"):
        options.port_number(text)


def test_a_key_is_trimmed_and_never_blank() -> None:
    """An empty key would lock everybody out, or let everybody in."""
    assert (options.key(None), options.key(" k ")) == (None, "k")
    with pytest.raises(OptionError, match="--api-key"):
        options.key(" ")


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    """A newcomer sees what there is."""
    factories = engine_factories()
    assert options.factory("echo", factories) is factories["echo"]
    with pytest.raises(OptionError, match="must be one of demo, echo, langchain, simulate"):
        options.factory("gpt", factories)


@pytest.mark.parametrize(("text", "value"), [(None, None), ("1", 1), ("99", 99)])
def test_counts_are_read(text: str | None, value: int | None) -> None:
    """Whole numbers, or nothing at all."""
    assert options.count("--length", text, 99) == value


@pytest.mark.parametrize("text", ["", "0", "100", "-1", "1.0", "x", "9" * 5000])
def test_bad_counts_are_refused(text: str) -> None:
    """The range is told."""
    with pytest.raises(OptionError, match=r"--length: .* a whole number from 1 to 99"):
        options.count("--length", text, 99)


@pytest.mark.parametrize(("text", "value"), [(None, None), ("0.5", 0.5), ("9", 9.0)])
def test_rates_are_read(text: str | None, value: float | None) -> None:
    """Fractions too."""
    assert options.rate("--tokens-per-second", text, 9) == value


@pytest.mark.parametrize("text", ["", "0", "9.1", "-1", "nan", "inf", "x"])
def test_bad_rates_are_refused(text: str) -> None:
    """Nothing at all would be no rate."""
    with pytest.raises(OptionError, match="a number above 0, of at most 9"):
        options.rate("--tokens-per-second", text, 9)


@pytest.mark.parametrize("text", ["", "2.1", "-1", "nan", "x"])
def test_numbers_have_their_bounds(text: str) -> None:
    """Both ends belong to the range."""
    assert options.number_between("--temperature", "0", 2) == 0
    assert options.number_between("--temperature", "2", 2) == 2
    with pytest.raises(OptionError, match="a number from 0 to 2"):
        options.number_between("--temperature", text, 2)
