"""What a use case wants told once its transaction has committed, kept on its session."""

from sqlalchemy.orm import Session

_KEY = "outbox"


def record(db: Session, event: object) -> None:
    db.info.setdefault(_KEY, []).append(event)


def take(db: Session) -> list[object]:
    events: list[object] = db.info.pop(_KEY, [])
    return events
