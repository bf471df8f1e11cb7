import httpx2
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from ai_service.error_responses import install_error_handlers
from tests.support.servers import run_program


def test_an_unexpected_http_error_becomes_internal() -> None:
    """A status without an error of ours is still answered in the envelope."""
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418, "internals")

    with run_program(app) as url:
        answer = httpx2.get(f"{url}/teapot", trust_env=False)
    assert (answer.status_code, answer.json()["error"]["number"]) == (500, 9001)
    assert "internals" not in answer.text
