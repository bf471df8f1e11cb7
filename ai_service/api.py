from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ai_service.answers import Answers
from ai_service.engine import Engine, EngineRequest
from ai_service.keys import guarded_route
from ai_service.schemas import ChatReply, ChatRequest, Health
from ai_service.sse import DONE, accepts_events, event

STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The reply, or with `stream` its pieces as they come",
        "content": {"text/event-stream": {"example": 'data: {"delta":"Hel"}\n\ndata: [DONE]\n\n'}},
    }
}


class ChatForm:
    """The wire contract's: `{"reply"}`, or events of `{"delta"}` and `[DONE]`."""

    def whole(self, reply: str) -> dict[str, Any]:
        return {"reply": reply}

    async def events(self, pieces: AsyncGenerator[str, None]) -> AsyncGenerator[bytes, None]:
        async with aclosing(pieces):
            async for piece in pieces:
                if piece:
                    yield event({"delta": piece})
        yield DONE


def health_router(engine: Engine) -> APIRouter:
    router = APIRouter()

    @router.get("/health")
    async def health() -> Health:
        return Health(status="ok", engine=engine.name)

    return router


def chat_router(answers: Answers, api_key: str | None) -> APIRouter:
    router = APIRouter(route_class=guarded_route(api_key))

    @router.post("/", response_model=ChatReply, responses=STREAMED)
    @router.post("/chat", response_model=ChatReply, responses=STREAMED)
    @router.post("/api/chat", response_model=ChatReply, responses=STREAMED)
    async def chat(body: ChatRequest, request: Request) -> Response:
        asked = EngineRequest(
            message=body.message,
            history=body.history,
            stream=body.stream and accepts_events(request.headers.get("accept")),
        )
        return await answers.respond(asked, request, ChatForm())

    return router
