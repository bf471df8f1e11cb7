"""A chat server as it is written first, with the addresses and frames of ours: a blocking session
in `async def`, a commit per message, one member's socket awaited after the other. Nothing in it is
slowed down on purpose, and nothing in it is to be copied."""

import os
from collections.abc import Iterator
from typing import Annotated
from uuid import uuid4

from fastapi import Body, Depends, FastAPI, Header, WebSocket, WebSocketDisconnect
from pydantic import BaseModel
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from bench.peers.naive.tables import Base, Group, GroupMember, Message, User

DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}


class MessageOut(BaseModel):
    type: str = "message_sent"
    id: int
    group_id: str
    from_user_id: str
    content: str
    created_at: str
    client_msg_id: str | None


class NewMember(BaseModel):
    user_id: str
    user_role: str


class Chat:
    """All open sockets, by user."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._sockets: dict[str, WebSocket] = {}

    async def serve(self, user_id: str, websocket: WebSocket) -> None:
        await websocket.accept()
        self._sockets[user_id] = websocket
        await websocket.send_json({"type": "connected", "user_id": user_id})
        try:
            while True:
                await self._send(user_id, await websocket.receive_json())
        except WebSocketDisconnect:
            del self._sockets[user_id]

    async def _send(self, user_id: str, data: dict[str, str]) -> None:
        with self._sessions() as db:
            message = Message(
                group_id=data["group_id"],
                from_user_id=user_id,
                content=data["content"],
                client_msg_id=data.get("client_msg_id"),
            )
            db.add(message)
            db.commit()
            db.refresh(message)
            of_group = select(GroupMember).where(GroupMember.group_id == message.group_id)
            members = [member.user_id for member in db.scalars(of_group)]
            text = _out(message).model_dump_json()
        for member in members:
            if (websocket := self._sockets.get(member)) is not None:
                await websocket.send_text(text)


def _out(message: Message) -> MessageOut:
    return MessageOut(
        id=message.id,
        group_id=message.group_id,
        from_user_id=message.from_user_id,
        content=message.content,
        created_at=message.created_at.isoformat(),
        client_msg_id=message.client_msg_id,
    )


def create_app() -> FastAPI:
    """`DATABASE_URL` is ours; the tables are made where they are missing."""
    scheme, _, rest = os.environ["DATABASE_URL"].partition("://")
    engine = create_engine(f"{DRIVERS[scheme]}://{rest}")
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    chat, app = Chat(sessions), FastAPI()
    add_routes(app, sessions)

    @app.websocket("/ws/{user_id}")
    async def websocket(websocket: WebSocket, user_id: str) -> None:
        await chat.serve(user_id, websocket)

    return app


def add_routes(app: FastAPI, sessions: sessionmaker[Session]) -> None:
    def get_db() -> Iterator[Session]:
        with sessions() as db:
            yield db

    Db = Annotated[Session, Depends(get_db)]  # noqa: N806 - a type
    Caller = Annotated[str, Header(alias="X-User-Id")]  # noqa: N806 - a type

    @app.get("/api/user/{user_id}")
    def get_user(user_id: str, db: Db) -> dict[str, str]:
        _ensure_user(db, user_id)
        return {"user_id": user_id}

    @app.post("/api/group/create")
    def create_group(
        group_name: Annotated[str, Body(embed=True)], caller: Caller, db: Db
    ) -> dict[str, str]:
        _ensure_user(db, caller)
        group = Group(group_id=f"group_{uuid4().hex}", group_name=group_name)
        db.add(group)
        db.flush()
        db.add(GroupMember(group_id=group.group_id, user_id=caller, user_role="DOCTOR"))
        db.commit()
        return {"group_id": group.group_id}

    @app.post("/api/group/{group_id}/members")
    def add_member(group_id: str, member: NewMember, db: Db) -> dict[str, bool]:
        db.add(GroupMember(group_id=group_id, **member.model_dump()))
        db.commit()
        return {"success": True}

    @app.get("/api/group/{group_id}")
    def get_group(group_id: str, db: Db) -> dict[str, str | int]:
        of_group = select(func.count()).where(Message.group_id == group_id)
        return {"group_id": group_id, "last_seq": db.scalar(of_group) or 0}


def _ensure_user(db: Session, user_id: str) -> None:
    if db.scalar(select(User).where(User.user_id == user_id)) is None:
        db.add(User(user_id=user_id))
        db.commit()
