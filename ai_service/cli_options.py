"""The command line's options as `--help` shows them."""

from typing import Annotated, Any

import typer

SIMULATE_PACE = "Only with --engine simulate: how fast and how much"
SIMULATE_FAULTS = "Only with --engine simulate: what goes wrong"
LANGCHAIN = "Only with --engine langchain"


def _pace(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=SIMULATE_PACE)


def _fault(text: str) -> Any:
    return typer.Option(metavar="FRACTION", help=text, rich_help_panel=SIMULATE_FAULTS)


def _model(metavar: str, variable: str, text: str) -> Any:
    return typer.Option(metavar=metavar, envvar=variable, help=text, rich_help_panel=LANGCHAIN)


Host = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Address to listen on; 0.0.0.0 is every one there is."),
]
Port = Annotated[
    str, typer.Option(metavar="NUMBER", help="Port to listen on; 0 lets the system choose.")
]
EngineName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        envvar="AI_SERVICE_ENGINE",
        help="What answers: demo (a triage conversation by simple rules), echo (repeats the "
        "message), simulate (a slow or failing AI, for tests) or langchain (a real model).",
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        envvar="AI_SERVICE_API_KEY",
        help="Answer only requests that carry the header 'Authorization: Bearer KEY'. "
        "Better given by the environment: other users of the machine can read a command line.",
    ),
]

Latency = Annotated[str, _pace("TIME", "Before an answer begins: 1s, 200ms or 0.5 (seconds).")]
Jitter = Annotated[
    str, _pace("FRACTION", "How far the latency varies: 0.2 is 20 % less to 20 % more.")
]
FirstTokenDelay = Annotated[
    str, _pace("TIME", "From an answer's beginning, its HTTP headers, to its first token.")
]
TokensPerSecond = Annotated[
    str | None, _pace("NUMBER", "How fast tokens come; without it, at once.")
]
Length = Annotated[
    str | None, _pace("TOKENS", "Reply by so many short words; without it, by a short sentence.")
]
Seed = Annotated[str | None, _pace("NUMBER", "Makes the same requests go wrong in each run.")]

FailRate = Annotated[
    str, _fault("Share of requests answered by an HTTP 500: 0.05 is one in twenty.")
]
HangRate = Annotated[str, _fault("Share never answered, until the caller gives up.")]
RateLimitRate = Annotated[str, _fault("Share answered by an HTTP 429 with Retry-After: 1.")]
CutRate = Annotated[str, _fault("Share whose connection is cut after half of the reply.")]
GarbageRate = Annotated[str, _fault("Share answered by a 200 that is not of the contract.")]
EndlessRate = Annotated[str, _fault("Share that never stops sending.")]

Model = Annotated[
    str | None,
    _model("PROVIDER:NAME", "LANGCHAIN_MODEL", "Such as openai:gpt-4o-mini; has to be given."),
]
ModelUrl = Annotated[
    str | None,
    _model("URL", "LANGCHAIN_BASE_URL", "Where the model is, if not at its provider's address."),
]
ModelApiKey = Annotated[
    str | None,
    _model(
        "KEY",
        "LANGCHAIN_MODEL_API_KEY",
        "The model's key, better given by the environment; without it and without --model-url, "
        "the provider's own variable, such as OPENAI_API_KEY.",
    ),
]
SystemPrompt = Annotated[
    str | None, _model("TEXT", "LANGCHAIN_SYSTEM_PROMPT", "What the model is told to be.")
]
Temperature = Annotated[
    str | None, _model("NUMBER", "LANGCHAIN_TEMPERATURE", "From 0 to 2; else the model's own.")
]
MaxTokens = Annotated[
    str | None, _model("NUMBER", "LANGCHAIN_MAX_TOKENS", "The longest reply; else the model's own.")
]
ModelTimeout = Annotated[
    str | None, _model("TIME", "LANGCHAIN_TIMEOUT", "For the whole reply; 25s where not given.")
]
