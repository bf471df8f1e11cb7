"""One transaction of a use case, from its first statement to its commit."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from app.db import outbox
from app.db.attempt import Attempt
from app.db.faults import is_unavailable, may_pass_at_once
from app.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")
Work = Callable[[Session], T]
Committing = Callable[[T, Sequence[object]], AbstractContextManager[Any]]
"""What surrounds the commit of work that has this result and has told these events."""


def transact(
    sessions: sessionmaker[Session], attempt: Attempt, work: Work[T], committing: Committing[T]
) -> T:
    """Tries the work a second time if the pooled connection turns out to be dead before the
    commit, or the database chose this work to end a deadlock; an error of the commit itself is
    never repeated, since it may have taken effect."""
    for last_try in (False, True):
        done = False
        try:
            with sessions() as db, attempt.on(db):
                result = work(db)
                db.flush()
                done = True
                with committing(result, outbox.take(db)):
                    db.commit()
                return result
        except DBAPIError as error:
            if may_pass_at_once(error) and not done and not last_try:
                continue
            raise _explained(error) from error
        except PoolTimeout as error:
            raise DatabaseUnavailable from error
    raise AssertionError  # pragma: no cover - the second try returns or raises


def _explained(error: DBAPIError) -> Exception:
    """Faults of the database become an answer that says so; faults of a statement stay as they
    are, since they are bugs."""
    if is_unavailable(error):
        log.warning("database_unavailable", exc_info=error)
        return DatabaseUnavailable()
    return error
