from typing import Any, TypeVar
from uuid import uuid4

import httpx2
import msgspec

from im_client.address import Address, path_part
from im_client.credentials import Credentials
from im_client.errors import IMConnectionError, IMProtocolError, error_from_response
from im_client.models import Group, Interaction, Member, Message, User

_T = TypeVar("_T")
_TIMEOUT = httpx2.Timeout(15.0, connect=3.0)


class _Groups(msgspec.Struct, frozen=True):
    groups: list[Group]


class _Members(msgspec.Struct, frozen=True):
    members: list[Member]


class _Messages(msgspec.Struct, frozen=True):
    messages: list[Message]


class _Interactions(msgspec.Struct, frozen=True):
    records: list[Interaction]


class HttpApi:
    """The HTTP calls. Each raises IMError for a refusal and IMConnectionError without a server."""

    def __init__(self, address: Address, credentials: Credentials) -> None:
        self._address = address
        self._credentials = credentials
        self._http = httpx2.AsyncClient(
            base_url=address.url,
            timeout=_TIMEOUT,
            trust_env=False,
            follow_redirects=False,
        )

    async def create_user(self, username: str, user_role: str) -> User:
        body = {"username": username, "user_role": user_role}
        return await self._call(User, "POST", "/api/user/create", json=body)

    async def create_group(self, group_name: str, description: str | None = None) -> Group:
        """The caller becomes a member as DOCTOR."""
        body = {"group_name": group_name, "description": description}
        return await self._call(Group, "POST", "/api/group/create", json=body)

    async def add_member(self, group_id: str, user_id: str, user_role: str) -> None:
        path = f"/api/group/{path_part(group_id)}/members"
        body = {"user_id": user_id, "user_role": user_role}
        await self._call(msgspec.Raw, "POST", path, json=body)

    async def set_ai_mode(self, group_id: str, ai_mode: str) -> Group:
        """`auto`, `mention` or `off`; for doctors of the group."""
        path = f"/api/group/{path_part(group_id)}/ai"
        return await self._call(Group, "PUT", path, json={"ai_mode": ai_mode})

    async def groups(self) -> list[Group]:
        """The caller's groups, newest activity first."""
        path = f"/api/user/{path_part(self._address.user_id)}/groups"
        return (await self._call(_Groups, "GET", path)).groups

    async def members(self, group_id: str) -> list[Member]:
        path = f"/api/group/{path_part(group_id)}/members"
        return (await self._call(_Members, "GET", path)).members

    async def history(
        self,
        group_id: str,
        limit: int = 20,
        *,
        before_seq: int | None = None,
        after_seq: int | None = None,
    ) -> list[Message]:
        """At most `limit` (1–100) messages, always oldest first.

        The newest ones, the newest before `before_seq`, or the oldest after `after_seq`.
        """
        params: dict[str, str | int] = {"group_id": group_id}
        if after_seq is not None:
            params |= {"after_seq": after_seq, "limit": limit}
        elif before_seq is not None:
            params |= {"before_seq": before_seq, "limit": limit}
        else:
            params |= {"page": 1, "page_size": limit}
        page = await self._call(_Messages, "GET", "/api/message/list", params=params)
        return sorted(page.messages, key=lambda message: message.seq)

    async def interactions(self, group_id: str, limit: int = 20) -> list[Interaction]:
        """The newest first."""
        params: dict[str, str | int] = {"group_id": group_id, "page_size": limit}
        page = await self._call(_Interactions, "GET", "/api/ai/interactions", params=params)
        return page.records

    async def send_http(
        self,
        group_id: str | None,
        content: str,
        client_msg_id: str | None = None,
        *,
        msg_type: str = "TEXT",
        reply_to_message_id: str | None = None,
    ) -> Message:
        """Without a group the message goes to the caller's own session with the AI."""
        target = (
            {"session_id": self._address.user_id} if group_id is None else {"group_id": group_id}
        )
        body = target | {
            "content": content,
            "msg_type": msg_type,
            "client_msg_id": uuid4().hex if client_msg_id is None else client_msg_id,
        }
        if reply_to_message_id is not None:
            body["reply_to_message_id"] = reply_to_message_id
        return await self._call(Message, "POST", "/api/message/send", json=body)

    async def _call(
        self,
        kind: type[_T],
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        json: dict[str, Any] | None = None,
    ) -> _T:
        async def attempt(token: str | None) -> bytes:
            request = self._http.build_request(
                method, path, params=params, json=json, headers=self._headers(token)
            )
            return await self._content(request)

        content = await self._credentials.authorize(attempt)
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError as exc:
            raise IMProtocolError(f"unreadable answer to {method} {path}: {exc}") from exc

    async def _content(self, request: httpx2.Request) -> bytes:
        try:
            response = await self._http.send(request)
        except httpx2.RequestError as exc:
            raise IMConnectionError(self._address.url, str(exc) or type(exc).__name__) from exc
        if not response.is_success:
            raise error_from_response(response.status_code, response.content)
        return response.content

    def _headers(self, token: str | None) -> list[tuple[bytes, bytes]]:
        if token is None:
            return [(b"X-User-Id", self._address.user_id.encode())]
        return [(b"Authorization", f"Bearer {token}".encode())]
