import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ai_service.answers import Answers
from ai_service.keys import guarded_route
from ai_service.openai_api.form import CompletionForm
from ai_service.openai_api.schemas import CompletionRequest

COMPLETIONS = "/v1/chat/completions"
MODELS = "/v1/models"
PATHS = frozenset({COMPLETIONS, MODELS})


def openai_router(answers: Answers, api_key: str | None) -> APIRouter:
    router = APIRouter(route_class=guarded_route(api_key))
    started = int(time.time())

    @router.post(COMPLETIONS)
    async def complete(body: CompletionRequest, request: Request) -> Response:
        """The `Accept` header decides nothing here: OpenAI's own client asks for JSON always."""
        asked = body.question()
        include_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        form = CompletionForm(asked, body.model or answers.engine.name, include_usage)
        return await answers.respond(asked, request, form)

    @router.get(MODELS)
    async def models() -> dict[str, Any]:
        engine = {"id": answers.engine.name, "object": "model", "created": started}
        return {"object": "list", "data": [{**engine, "owned_by": "im-service"}]}

    return router
