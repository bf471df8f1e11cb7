from random import Random

import pytest

from ai_service.engine import LoadProfile
from ai_service.errors import RateLimitedError, ServiceError
from ai_service.simulation.behaviour import Behaviour
from ai_service.simulation.chance import drawn


def fate(behaviour: Behaviour) -> str:
    marks = {
        "h": behaviour.hang,
        "r": isinstance(behaviour.error, RateLimitedError),
        "f": behaviour.error is not None,
        "c": behaviour.cut_after is not None,
        "g": behaviour.garbage,
        "e": behaviour.endless,
    }
    return next((mark for mark, held in marks.items() if held), ".")


def fates(profile: LoadProfile, count: int = 40) -> str:
    random = Random(profile.seed)
    return "".join(fate(drawn(profile, random, "hello")) for _ in range(count))


def test_a_seed_gives_the_same_fates_in_every_version() -> None:
    """Results that were written down stay comparable."""
    profile = LoadProfile(hang_rate=0.2, fail_rate=0.3, seed=7)
    assert fates(profile) == "f..hhhfh....hfh..h.ff.f...fhh.....fh..fh"


def test_further_rates_leave_those_of_before_alone() -> None:
    """They take their share from the answered requests only."""
    before = fates(LoadProfile(hang_rate=0.2, fail_rate=0.3, seed=7), 500)
    profile = LoadProfile(
        hang_rate=0.2,
        fail_rate=0.3,
        rate_limit_rate=0.1,
        cut_rate=0.1,
        garbage_rate=0.1,
        endless_rate=0.1,
        seed=7,
    )
    after = fates(profile, 500)
    assert set(after) == set("hfrcge.")
    changed = {old for old, new in zip(before, after, strict=True) if old != new}
    assert changed == {"."}


@pytest.mark.parametrize(
    ("profile", "mark"),
    [
        (LoadProfile(hang_rate=1), "h"),
        (LoadProfile(fail_rate=1), "f"),
        (LoadProfile(rate_limit_rate=1), "r"),
        (LoadProfile(cut_rate=1), "c"),
        (LoadProfile(garbage_rate=1), "g"),
        (LoadProfile(endless_rate=1), "e"),
        (LoadProfile(), "."),
    ],
)
def test_a_rate_of_one_spares_no_request(profile: LoadProfile, mark: str) -> None:
    """The end of the range is reached."""
    assert fates(profile, 20) == mark * 20


def test_what_the_profile_says_of_pace_and_length_holds() -> None:
    """Whatever chance decides besides."""
    profile = LoadProfile(length=3, tokens_per_second=9, first_token_delay_s=2, latency_s=1)
    behaviour = drawn(profile, Random(1), "a")
    assert behaviour.tokens == ("this", " is", " a")
    assert (behaviour.tokens_per_second, behaviour.first_token_delay_s) == (9, 2)
    assert behaviour.latency_s == 1


def test_a_failure_names_the_option_that_asked_for_it() -> None:
    """Who reads it in a record looks no further."""
    error = drawn(LoadProfile(fail_rate=1), Random(1), "a").error
    assert isinstance(error, ServiceError)
    assert "--fail-rate" in error.message
