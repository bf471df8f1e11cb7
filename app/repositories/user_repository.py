from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.user import User
from app.repositories.insert import insert_if_absent


class UserRepository:
    def __init__(self, db: Session) -> None:
        self._db = db

    def create(self, user_id: str, username: str, user_role: str) -> User:
        user = User(user_id=user_id, username=username, user_role=user_role)
        self._db.add(user)
        self._db.flush()
        return user

    def get_by_id(self, user_id: str) -> User | None:
        return self._db.scalar(select(User).where(User.user_id == user_id))

    def update(self, user: User) -> User:
        self._db.add(user)
        self._db.flush()
        return user

    def create_if_absent(self, user_id: str, user_role: str) -> bool:
        """True if the user is new; the name is then the id, until somebody gives a better one."""
        return insert_if_absent(
            self._db, User, user_id=user_id, username=user_id, user_role=user_role
        )
