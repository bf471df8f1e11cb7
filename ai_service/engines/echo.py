from ai_service.engine import Engine, LoadProfile
from ai_service.schemas import ChatRequest


class Echo:
    name = "echo"

    async def reply(self, request: ChatRequest) -> str:
        return request.message


def build(_profile: LoadProfile) -> Engine:
    return Echo()
