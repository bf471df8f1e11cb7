import pytest

from ai_service.engine import LoadProfile
from ai_service.options import OptionError
from ai_service.simulation.options import check_profile_used, load_profile


def test_a_load_profile_is_put_together() -> None:
    """All options of the simulation in one record."""
    profile = load_profile(
        latency="200ms",
        jitter="0.5",
        first_token_delay="1s",
        tokens_per_second="40",
        length="12",
        fail_rate="0.25",
        hang_rate="0.35",
        rate_limit_rate="0.1",
        cut_rate="0.1",
        garbage_rate="0.1",
        endless_rate="0.1",
        seed="-42",
    )
    expected = LoadProfile(
        latency_s=0.2,
        jitter=0.5,
        first_token_delay_s=1.0,
        tokens_per_second=40.0,
        length=12,
        fail_rate=0.25,
        hang_rate=0.35,
        rate_limit_rate=0.1,
        cut_rate=0.1,
        garbage_rate=0.1,
        endless_rate=0.1,
        seed=-42,
    )
    assert profile == expected


def test_without_options_nothing_is_simulated() -> None:
    """The command line's defaults are the record's."""
    assert load_profile() == LoadProfile()


@pytest.mark.parametrize(
    ("texts", "refusal"),
    [
        ({"fail_rate": "0.6", "cut_rate": "0.6"}, r"--fail-rate [+] --cut-rate: '0.6 [+] 0.6'"),
        ({"seed": "x"}, "--seed: 'x'"),
        ({"tokens_per_second": "0"}, "--tokens-per-second: '0'"),
        ({"tokens_per_second": "inf"}, "--tokens-per-second: 'inf'"),
        ({"length": "0"}, "--length: '0'"),
        ({"length": "1.5"}, "--length: '1.5'"),
        ({"first_token_delay": "soon"}, "--first-token-delay: 'soon'"),
        ({"endless_rate": "2"}, "--endless-rate: '2'"),
    ],
)
def test_what_no_run_could_do_is_refused(texts: dict[str, str], refusal: str) -> None:
    """The faults share the requests between them."""
    with pytest.raises(OptionError, match=refusal):
        load_profile(**texts)


def test_load_options_belong_to_the_simulation() -> None:
    """Who gives a latency to another engine is told rather than ignored."""
    check_profile_used("simulate", LoadProfile(seed=1))
    check_profile_used("demo", LoadProfile())
    with pytest.raises(OptionError, match=r"--engine: 'demo' .* must be simulate where"):
        check_profile_used("demo", LoadProfile(latency_s=1))
