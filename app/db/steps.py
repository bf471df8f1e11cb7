"""Steps of a migration. MySQL commits each by itself, so there one that was cut off in the middle
is begun again from its first step, and what is there already is left as it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table, inspect
from sqlalchemy.schema import SchemaItem

from alembic import op


def create_table(name: str, *parts: SchemaItem) -> Table:
    return op.create_table(name, *parts, if_not_exists=_repeatable())


def drop_table(name: str) -> None:
    op.drop_table(name, if_exists=_repeatable())


def create_index(name: str, table: str, columns: Sequence[str]) -> None:
    if not (_repeatable() and name in _names(inspect(op.get_bind()).get_indexes(table))):
        op.create_index(name, table, list(columns))


def add_column(table: str, column: Column[Any]) -> None:
    if not (_repeatable() and column.name in _columns(table)):
        op.add_column(table, column)


def rename_column(table: str, old: str, new: Column[Any]) -> None:
    if _repeatable() and new.name in _columns(table):
        drop_column(table, old)
        return
    with op.batch_alter_table(table) as altered:
        altered.alter_column(
            old,
            new_column_name=new.name,
            existing_type=new.type,
            existing_nullable=new.nullable,
            existing_server_default=new.server_default,
        )


def drop_column(table: str, name: str) -> None:
    if not _repeatable() or name in _columns(table):
        op.drop_column(table, name)


def _repeatable() -> bool:
    return op.get_bind().dialect.name == "mysql"


def _columns(table: str) -> set[Any]:
    return _names(inspect(op.get_bind()).get_columns(table))


def _names(found: Sequence[Any]) -> set[Any]:
    return {one["name"] for one in found}
