from ai_service.engine import LoadProfile
from ai_service.engines.echo import Echo
from ai_service.engines.simulate import Simulate
from ai_service.main import create_app
from tests.ai_service.support import post
from tests.support.servers import run_program


def test_two_services_in_one_process_share_nothing() -> None:
    """Engine and key belong to the app that was made with them."""
    echo, simulate = create_app(Echo(), api_key="one"), create_app(Simulate(LoadProfile()), None)
    with run_program(echo) as guarded, run_program(simulate) as free:
        assert post(guarded, {"message": "a"}).status_code == 401
        assert post(free, {"message": "a"}).json()["reply"].startswith("Simulated")


def test_every_call_is_documented() -> None:
    """The schema that /docs shows lists the calls of the contract."""
    paths = create_app(Echo(), None).openapi()["paths"]
    assert set(paths) == {
        "/",
        "/chat",
        "/api/chat",
        "/v1/chat/completions",
        "/v1/models",
        "/stats",
        "/stats/times",
        "/health",
    }
