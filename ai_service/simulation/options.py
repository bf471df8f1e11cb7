from ai_service.engine import LoadProfile
from ai_service.options import OptionError, count, duration_s, fraction, rate, seed_number

MAX_LENGTH = 1_000_000
MAX_TOKENS_PER_SECOND = 1_000_000.0


def load_profile(  # noqa: PLR0913 - one parameter per option
    *,
    latency: str = "0s",
    jitter: str = "0",
    first_token_delay: str = "0s",  # noqa: S107 - a time, no secret
    tokens_per_second: str | None = None,
    length: str | None = None,
    fail_rate: str = "0",
    hang_rate: str = "0",
    rate_limit_rate: str = "0",
    cut_rate: str = "0",
    garbage_rate: str = "0",
    endless_rate: str = "0",
    seed: str | None = None,
) -> LoadProfile:
    profile = LoadProfile(
        latency_s=duration_s("--latency", latency),
        jitter=fraction("--jitter", jitter),
        first_token_delay_s=duration_s("--first-token-delay", first_token_delay),
        tokens_per_second=rate("--tokens-per-second", tokens_per_second, MAX_TOKENS_PER_SECOND),
        length=count("--length", length, MAX_LENGTH),
        fail_rate=fraction("--fail-rate", fail_rate),
        hang_rate=fraction("--hang-rate", hang_rate),
        rate_limit_rate=fraction("--rate-limit-rate", rate_limit_rate),
        cut_rate=fraction("--cut-rate", cut_rate),
        garbage_rate=fraction("--garbage-rate", garbage_rate),
        endless_rate=fraction("--endless-rate", endless_rate),
        seed=seed_number(seed),
    )
    _check_sum(profile)
    return profile


def _check_sum(profile: LoadProfile) -> None:
    rates = {
        "--fail-rate": profile.fail_rate,
        "--hang-rate": profile.hang_rate,
        "--rate-limit-rate": profile.rate_limit_rate,
        "--cut-rate": profile.cut_rate,
        "--garbage-rate": profile.garbage_rate,
        "--endless-rate": profile.endless_rate,
    }
    given = {option: value for option, value in rates.items() if value}
    if sum(given.values()) > 1 + 1e-9:  # as 0.1 ten times is a little more than 1
        added = " + ".join(f"{value:g}" for value in given.values())
        raise OptionError(" + ".join(given), added, "1 at most")


def check_profile_used(engine: str, profile: LoadProfile) -> None:
    if engine != "simulate" and profile != LoadProfile():
        raise OptionError("--engine", engine, "simulate where its options are given (see --help)")
