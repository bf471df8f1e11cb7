"""How a MySQL database compares text: each column says so, since its table was made."""

from sqlalchemy import Connection, bindparam, text

from app.db.base import BaseModel

DEFAULTS = text("SELECT @@collation_database, @@collation_connection")
TABLES = text("SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE()")
DIFFERENT = text(
    "SELECT table_name, column_name, collation_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name IN :tables AND collation_name <> :ours LIMIT 1"
).bindparams(bindparam("tables", expanding=True))

CONVERT = "ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE {ours}"


class SchemaMismatch(Exception):
    """The database's schema is not that of this code."""


def set_text(connection: Connection) -> None:
    """Of a MySQL database without tables; they will be made so. Raises SchemaMismatch as
    `check_text` does."""
    if connection.dialect.name != "mysql":
        return
    found, ours = connection.execute(DEFAULTS).one()
    if found != ours and not connection.execute(TABLES).scalar_one():
        connection.exec_driver_sql(f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {ours}")
    check_text(connection)


def check_text(connection: Connection) -> None:
    """Raises SchemaMismatch where a MySQL database compares text otherwise than others do."""
    if connection.dialect.name != "mysql":
        return
    ours = connection.execute(DEFAULTS).one()[1]
    tables = [*BaseModel.metadata.tables]
    different = connection.execute(DIFFERENT, {"tables": tables, "ours": ours}).first()
    if different:
        table, column, found = different
        cure = CONVERT.format(table=table, ours=ours)
        msg = f"{table}.{column} is compared by {found}, this service needs {ours}: {cure}"
        raise SchemaMismatch(msg)
