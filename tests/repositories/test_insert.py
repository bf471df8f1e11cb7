from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from app.db.engine import Database
from app.db.session import SyncDoor, nothing_to_deliver
from app.models import User
from app.repositories.insert import insert_if_absent
from app.repositories.session_repository import SessionRepository


def test_many_at_once(database: Database) -> None:
    """One of them makes the row, and none fails."""
    door = SyncDoor(database, nothing_to_deliver)

    def work(_number: int) -> bool:
        return door.run(
            lambda db: insert_if_absent(
                db, User, user_id="pat", username="pat", user_role="PATIENT"
            )
        )

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(work, range(12)))
    assert sorted(made) == [False] * 11 + [True]
    count = select(func.count()).select_from(User)
    assert door.read(lambda db: db.scalar(count)) == 1


def test_sessions_opened_at_once(database: Database) -> None:
    """Each is opened by exactly one of those who want it, and none waits for another in a ring."""
    door = SyncDoor(database, nothing_to_deliver)
    with ThreadPoolExecutor(4) as threads:
        opened = list(
            threads.map(
                lambda number: door.run(lambda db: SessionRepository(db).open(f"u{number % 3}")),
                range(12),
            )
        )
    assert sum(opened) == 3
