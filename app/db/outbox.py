"""What a use case wants told once its transaction has committed, kept on its session."""

from sqlalchemy.orm import Session

_KEY = "outbox"


class CommitInDoubt:
    """Told by the door itself: a commit failed, and may have taken effect all the same. Then
    nobody has been told of what it did."""


def record(db: Session, event: object) -> None:
    db.info.setdefault(_KEY, []).append(event)


def take(db: Session) -> list[object]:
    events: list[object] = db.info.pop(_KEY, [])
    return events
