import pytest

from ai_service import options
from ai_service.engine import LoadProfile
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
    with pytest.raises(OptionError, match="must be one of demo, echo, simulate"):
        options.factory("gpt", factories)


def test_a_load_profile_is_put_together() -> None:
    """All options of the simulation in one record."""
    profile = options.load_profile("200ms", "0.5", "0.25", "0.75", "-42")
    expected = LoadProfile(latency_s=0.2, jitter=0.5, fail_rate=0.25, hang_rate=0.75, seed=-42)
    assert profile == expected


@pytest.mark.parametrize(
    ("rates", "seed", "refusal"),
    [(("0.6", "0.6"), None, "--fail-rate [+] --hang-rate"), (("0", "0"), "x", "--seed: 'x'")],
)
def test_what_no_run_could_do_is_refused(
    rates: tuple[str, str], seed: str | None, refusal: str
) -> None:
    """Failing and hanging share the requests between them."""
    with pytest.raises(OptionError, match=refusal):
        options.load_profile("0", "0", *rates, seed)


def test_load_options_belong_to_the_simulation() -> None:
    """Who gives a latency to another engine is told rather than ignored."""
    options.check_profile_used("simulate", LoadProfile(seed=1))
    options.check_profile_used("demo", LoadProfile())
    with pytest.raises(OptionError, match=r"--engine: 'demo' .* must be simulate where --latency"):
        options.check_profile_used("demo", LoadProfile(latency_s=1))
