"""Which statements PostgreSQL keeps a plan for.

A kept plan is a trap: made while a table was empty, it reads the whole table, or all of a group,
for every key once the table has grown, until the database next takes statistics. So none is kept,
but for statements that name themselves here: any index of their tables serves their lookups.
"""

from typing import Any

import psycopg

_KEPT: set[str] = set()


def keep_plan(statement: str) -> str:
    """The statement, unchanged."""
    _KEPT.add(statement)
    return statement


class PlanningCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> "PlanningCursor":
        options["prepare"] = query in _KEPT
        super().execute(query, params, **options)
        return self
