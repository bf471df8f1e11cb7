"""The commands of the seed documents' milestones 1 to 7, as they stand there.

Only the address is this server's, and `group_xxx` and its like are ids that exist.
"""

import shlex
from typing import Any

import httpx2
import pytest

from tests.api.steps import accepted, create_user, join
from tests.support.servers import RunningServer
from tests.support.sockets import open_socket
from tests.support.waiting import eventually

HEALTH = "curl http://localhost:8000/health"

V1_SEND = r"""
curl -X POST http://localhost:8000/api/message/send \
  -H "Content-Type: application/json" \
  -d '{
    "content": "测试消息",
    "session_id": "test_user"
  }'
"""
V1_README_SEND = r"""
curl -X POST http://localhost:8000/api/message/send \
  -H "Content-Type: application/json" \
  -d '{"content": "你好", "session_id": "test_user"}'
"""
V1_LIST = 'curl "http://localhost:8000/api/message/list?session_id=test_user&page=1&page_size=20"'
V1_SEND_TO_AI = r"""
curl -X POST http://localhost:8000/api/message/send \
  -H "Content-Type: application/json" \
  -d '{
    "content": "你好",
    "session_id": "test_user"
  }'
"""
V1_AI_SERVICE = """
# 测试 AI 服务
from app.services.ai_service import AIService

ai_service = AIService()
response = ai_service.reply("你好")
print(f"AI回复: {response}")
"""
V1_RECORDS = 'curl "http://localhost:8000/api/ai/records?session_id=test_user&page=1&page_size=20"'

CREATE_USER = r"""
curl -X POST http://localhost:8000/api/user/create \
  -H "Content-Type: application/json" \
  -d '{
    "username": "测试用户",
    "user_role": "PATIENT"
  }'
"""
GET_USER = 'curl "http://localhost:8000/api/user/user_xxx"'
CREATE_GROUP = r"""
curl -X POST http://localhost:8000/api/group/create \
  -H "Content-Type: application/json" \
  -d '{
    "group_name": "测试群组",
    "description": "测试描述"
  }'
"""
ADD_MEMBER = r"""
curl -X POST http://localhost:8000/api/group/group_xxx/members \
  -H "Content-Type: application/json" \
  -d '{
    "user_id": "user_xxx",
    "user_role": "PATIENT"
  }'
"""
GET_MEMBERS = 'curl "http://localhost:8000/api/group/group_xxx/members"'
SEND = r"""
curl -X POST http://localhost:8000/api/message/send \
  -H "Content-Type: application/json" \
  -d '{
    "group_id": "group_xxx",
    "content": "测试消息"
  }'
"""
LIST = 'curl "http://localhost:8000/api/message/list?group_id=group_xxx&page=1&page_size=20"'
GET_MESSAGE = 'curl "http://localhost:8000/api/message/msg_xxx"'
SEND_TO_AI = r"""
curl -X POST http://localhost:8000/api/message/send \
  -H "Content-Type: application/json" \
  -d '{
    "group_id": "group_xxx",
    "content": "你好"
  }'
"""
INTERACTIONS = 'curl "http://localhost:8000/api/ai/interactions?group_id=group_xxx"'


async def curl(http: httpx2.AsyncClient, command: str, **ids: str) -> dict[str, Any]:
    """Does what `curl` would with these arguments."""
    for name, value in ids.items():
        command = command.replace(f"{name}_xxx", value)
    arguments = iter(shlex.split(command.replace("\\\n", " "))[1:])
    method, url, headers, data = "GET", "", {}, None
    for argument in arguments:
        if argument == "-X":
            method = next(arguments)
        elif argument == "-H":
            name, _, value = next(arguments).partition(": ")
            headers[name] = value
        elif argument == "-d":
            data = next(arguments).encode()
        else:
            url = argument.removeprefix("http://localhost:8000")
    return accepted(await http.request(method, url, headers=headers, content=data))


async def test_milestone_1_the_service_is_healthy(http: httpx2.AsyncClient) -> None:
    """v0.2 expects `{"status": "ok"}`, v1 the same; more may stand beside it."""
    assert (await curl(http, HEALTH))["status"] == "ok"
    for page in ("/docs", "/redoc"):
        assert (await http.get(page)).status_code == 200


async def test_v1_milestone_3_messages_of_a_session(http: httpx2.AsyncClient) -> None:
    """Send, list, get: without a header, in an empty database."""
    sent = await curl(http, V1_SEND)
    listed = await curl(http, V1_LIST)
    found = await curl(http, GET_MESSAGE, msg=sent["message_id"])

    assert (sent["msg_content"], sent["session_id"]) == ("测试消息", "test_user")
    assert (listed["messages"][-1], listed["page"], listed["page_size"]) == (sent, 1, 20)
    assert found == sent


@pytest.mark.parametrize("command", [V1_SEND_TO_AI, V1_README_SEND], ids=["plan", "README"])
async def test_v1_milestone_4_a_message_gets_its_reply(
    http: httpx2.AsyncClient, command: str
) -> None:
    """And milestone 7's record of it; no worker need be started for that."""
    sent = await curl(http, command)
    listed = await eventually(lambda: curl(http, V1_LIST), lambda page: page["total"] == 2)
    records = await curl(http, V1_RECORDS)

    reply, question = listed["messages"]
    assert (question["message_id"], question["from_user_id"]) == (sent["message_id"], "test_user")
    assert (reply["msg_type"], reply["msg_content"]) == ("AI_REPLY", "你好")
    (record,) = records["records"]
    assert (records["total"], records["page"], records["page_size"]) == (1, 1, 20)
    assert (record["user_message_id"], record["ai_message_id"]) == (
        sent["message_id"], reply["message_id"],
    )  # fmt: skip
    assert (record["session_id"], record["status"]) == ("test_user", 1)


def test_v1_milestone_5_the_ai_in_three_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """But for the first: the AI is another program, which the service knows only over HTTP."""
    exec(V1_AI_SERVICE.replace("app.services.ai_service", "ai_service"), {})
    assert capsys.readouterr().out.startswith("AI回复: 您好！")


async def test_v1_milestone_6_a_socket_talks_to_the_ai(server: RunningServer) -> None:
    """As the script in the page does: connect, say something, wait for `ai_reply`."""
    async with open_socket(server.ws_url, "test_user") as socket:
        await socket.send(type="send_message", content="你好")
        reply = await socket.receive("ai_reply")
    assert reply["content"] == "你好"


async def test_v02_milestone_3_users_and_groups(http: httpx2.AsyncClient) -> None:
    """Create a user, a group, make the one a member of the other, and read all of it."""
    user = await curl(http, CREATE_USER)
    assert await curl(http, GET_USER, user=user["user_id"]) == user
    group = await curl(http, CREATE_GROUP)
    added = await curl(http, ADD_MEMBER, group=group["group_id"], user=user["user_id"])
    members = await curl(http, GET_MEMBERS, group=group["group_id"])

    assert added["success"] is True
    assert [(m["user_id"], m["user_role"]) for m in members["members"]] == [
        ("default_user", "DOCTOR"),
        (user["user_id"], "PATIENT"),
    ]


async def test_v02_milestone_4_messages_of_a_group(http: httpx2.AsyncClient) -> None:
    """Send, list, get."""
    group_id = (await curl(http, CREATE_GROUP))["group_id"]
    sent = await curl(http, SEND, group=group_id)
    listed = await curl(http, LIST, group=group_id)

    assert listed == {"messages": [sent], "total": 1, "page": 1, "page_size": 20}
    assert await curl(http, GET_MESSAGE, msg=sent["message_id"]) == sent


async def test_v02_milestone_5_a_socket_in_a_group(
    server: RunningServer, http: httpx2.AsyncClient
) -> None:
    """As the script in the page does, with a group_id."""
    user_id = (await curl(http, CREATE_USER))["user_id"]
    group_id = (await curl(http, CREATE_GROUP))["group_id"]
    await curl(http, ADD_MEMBER, group=group_id, user=user_id)
    async with open_socket(server.ws_url, user_id) as socket:
        await socket.send(type="send_message", group_id=group_id, content="测试消息")
        sent = await socket.receive("message_sent")
    assert (sent["content"], sent["from_user_id"]) == ("测试消息", user_id)


async def test_v02_milestone_6_a_patient_is_answered(http: httpx2.AsyncClient) -> None:
    """The command names no caller, so as it stands the doctor sends it, whom the AI leaves alone;
    with the patient named it is answered, and recorded (unless a doctor has just written, which
    here does not count)."""
    group_id = (await curl(http, CREATE_GROUP))["group_id"]
    patient = await create_user(http)
    await join(http, group_id, patient)
    await curl(http, SEND_TO_AI, group=group_id)
    as_patient = SEND_TO_AI.replace("-d ", f'-H "X-User-Id: {patient}" -d ')
    sent = await curl(http, as_patient, group=group_id)
    listed = await eventually(
        lambda: curl(http, LIST, group=group_id), lambda page: page["total"] == 3
    )
    records = await curl(http, INTERACTIONS, group=group_id)

    assert (listed["messages"][0]["msg_type"], listed["messages"][0]["msg_content"]) == (
        "AI_REPLY",
        "你好",
    )
    assert [r["user_message_id"] for r in records["records"]] == [sent["message_id"]]
