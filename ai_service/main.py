from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from ai_service.answers import Answers
from ai_service.api import chat_router, health_router
from ai_service.engine import Engine
from ai_service.error_responses import install_error_handlers
from ai_service.openai_api import openai_router
from ai_service.stats import MAX_KEY_LENGTH, CallStats, stats_router
from ai_service.times import TimedCalls

MAX_BODY_BYTES = 4 * 1024 * 1024
NO_TELEMETRY: TelemetryConfig = {  # it would record exception texts, which may quote patients
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(engine: Engine, api_key: str | None) -> FastAPI:
    """Without an `api_key` everyone who reaches the service may ask it."""
    app = FastAPI(
        title="Reference AI service",
        description="Answers the messages that the instant-messaging service sends it.",
        max_body_size=MAX_BODY_BYTES,
        redirect_slashes=False,  # the caller follows no redirects: a 404 tells more
        telemetry=NO_TELEMETRY,
    )
    install_error_handlers(app)
    stats = CallStats()
    app.add_middleware(TimedCalls, times=stats.times, max_key_length=MAX_KEY_LENGTH)
    answers = Answers(engine, stats)
    app.include_router(chat_router(answers, api_key))
    app.include_router(openai_router(answers, api_key))
    app.include_router(stats_router(stats, api_key))
    app.include_router(health_router(engine))
    return app
