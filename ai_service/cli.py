from collections.abc import Mapping

import typer

from ai_service import cli_options as given
from ai_service import options
from ai_service.chat_model.options import model_settings
from ai_service.engine import EngineUnavailableError, LoadProfile
from ai_service.engines import engine_factories
from ai_service.main import create_app
from ai_service.server import ListenError, exit_cleanly_on_signals, listen, serve, url_of
from ai_service.simulation.options import check_profile_used, load_profile

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve_command(  # noqa: PLR0913 - one parameter per option of the command
    *,
    host: given.Host = "127.0.0.1",
    port: given.Port = "8001",
    engine: given.EngineName = "demo",
    api_key: given.ApiKey = None,
    latency: given.Latency = "0s",
    jitter: given.Jitter = "0",
    first_token_delay: given.FirstTokenDelay = "0s",  # noqa: S107 - a time, no secret
    tokens_per_second: given.TokensPerSecond = None,
    length: given.Length = None,
    seed: given.Seed = None,
    fail_rate: given.FailRate = "0",
    hang_rate: given.HangRate = "0",
    rate_limit_rate: given.RateLimitRate = "0",
    cut_rate: given.CutRate = "0",
    garbage_rate: given.GarbageRate = "0",
    endless_rate: given.EndlessRate = "0",
    model: given.Model = None,
    model_url: given.ModelUrl = None,
    model_api_key: given.ModelApiKey = None,
    system_prompt: given.SystemPrompt = None,
    temperature: given.Temperature = None,
    max_tokens: given.MaxTokens = None,
    model_timeout: given.ModelTimeout = None,
) -> None:
    """Answer the instant-messaging service's messages, as its external AI service.

    Point the instant-messaging service's AI_SERVICE_URL at the address that this prints.
    """
    try:
        profile = load_profile(
            latency=latency,
            jitter=jitter,
            first_token_delay=first_token_delay,
            tokens_per_second=tokens_per_second,
            length=length,
            seed=seed,
            fail_rate=fail_rate,
            hang_rate=hang_rate,
            rate_limit_rate=rate_limit_rate,
            cut_rate=cut_rate,
            garbage_rate=garbage_rate,
            endless_rate=endless_rate,
        )
        texts = {
            "LANGCHAIN_MODEL": model,
            "LANGCHAIN_BASE_URL": model_url,
            "LANGCHAIN_MODEL_API_KEY": model_api_key,
            "LANGCHAIN_SYSTEM_PROMPT": system_prompt,
            "LANGCHAIN_TEMPERATURE": temperature,
            "LANGCHAIN_MAX_TOKENS": max_tokens,
            "LANGCHAIN_TIMEOUT": model_timeout,
        }
        _serve(host, options.port_number(port), engine, options.key(api_key), profile, texts)
    except (options.OptionError, EngineUnavailableError) as error:
        _refuse(error, exit_code=2)
    except ListenError as error:
        _refuse(error, exit_code=error.exit_code)


def _serve(
    host: str,
    port: int,
    engine: str,
    api_key: str | None,
    profile: LoadProfile,
    model: Mapping[str, str | None],
) -> None:
    build = options.factory(engine, engine_factories())
    check_profile_used(engine, profile)
    settings = model_settings(model) if engine == "langchain" else None
    service = create_app(build(profile, settings), api_key)
    with listen(host, port) as listener:
        exit_cleanly_on_signals()
        guard = "API key required" if api_key else "no API key"
        banner = f"AI service at {url_of(listener)} (engine {engine}, {guard})"
        serve(service, listener, lambda: typer.echo(banner))


def _refuse(error: Exception, exit_code: int) -> None:
    typer.echo(str(error), err=True)
    raise typer.Exit(exit_code) from error
