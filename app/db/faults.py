"""What an error of the database means: its own trouble, which may pass, or a wrong statement."""

from psycopg.errors import DeadlockDetected
from pymysql.constants import ER
from pymysql.err import MySQLError
from sqlalchemy.exc import DBAPIError, OperationalError

CHECK_VIOLATED_OF_MYSQL = 3819
WRONG_STATEMENTS = {CHECK_VIOLATED_OF_MYSQL, ER.PARSE_ERROR, ER.NO_DEFAULT_FOR_FIELD}
WRONG_STATES = ("21", "22", "23", "42S")
"""How the SQLSTATE of such begins: PyMySQL calls operational whatever it does not know."""


def is_unavailable(error: DBAPIError) -> bool:
    """The database cannot be reached, is busy, full or going down."""
    if error.connection_invalidated:
        return True
    return isinstance(error, OperationalError) and not _is_wrong(error.orig)


def may_pass_at_once(error: DBAPIError) -> bool:
    """Nothing has been committed, and the same work may well succeed if it is repeated."""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, MySQLError):
        return bool(error.orig.args[0] == ER.LOCK_DEADLOCK)
    return isinstance(error.orig, DeadlockDetected)


def reason_of(error: DBAPIError) -> str:
    """One line, in the driver's words."""
    words = error.orig.args[-1] if error.orig and error.orig.args else error.orig
    return " ".join(str(words).split())[:200]


def _is_wrong(error: BaseException | None) -> bool:
    if not isinstance(error, MySQLError):
        return False
    state = getattr(error, "sqlstate", None) or ""
    return state.startswith(WRONG_STATES) or bool(WRONG_STATEMENTS.intersection(error.args[:1]))
