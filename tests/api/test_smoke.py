from tests.support.servers import RunningServer
from tests.support.sockets import open_socket


async def test_whole(server: RunningServer, http):
    r = await http.post("/api/group/create", json={"group_name": "g"})
    assert r.status_code == 200, r.text
    group = r.json()["group_id"]
    user = (await http.post("/api/user/create", json={"username": "p", "user_role": "PATIENT"})).json()["user_id"]
    r = await http.post(f"/api/group/{group}/members", json={"user_id": user, "user_role": "PATIENT"})
    assert r.status_code == 200, r.text
    async with open_socket(server.ws_url, user) as patient, open_socket(server.ws_url, "default_user") as doctor:
        await patient.send(type="send_message", group_id=group, content="hello", client_msg_id="1")
        sent = await patient.receive("message_sent")
        assert sent["client_msg_id"] == "1"
        assert "client_msg_id" not in await doctor.receive("message_sent")
        assert (await patient.receive("ai_reply"))["content"] == "hello"
        assert (await doctor.receive("ai_reply"))["content"] == "hello"
