from app.config import DatabaseSettings
from app.db.engines.base import Database, pooled, sessions

KEEPALIVE = {
    "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}  # fmt: skip
"""A peer that has gone without a word is found out after about ten seconds, not after hours."""


def open_postgresql(settings: DatabaseSettings) -> Database:
    size = settings.database_pool_size
    engine = pooled(
        settings,
        size,
        connect_args={
            "connect_timeout": max(1, round(settings.database_timeout)),
            "prepare_threshold": None,
            "options": _options(settings),
            **KEEPALIVE,
        },
        isolation_level="READ COMMITTED",
    )
    # All that a use case reads is of one moment: who is a member, and what members may see.
    snapshots = engine.execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    return Database(
        sessions(engine), sessions(snapshots), engine, snapshots, size // 2, size - size // 2,
        settings.database_timeout,
    )  # fmt: skip


def _options(settings: DatabaseSettings) -> str:
    """Somebody else's lock holds messages up no longer than on SQLite. And a plan that is kept is
    by index from the first, while its tables are still empty. Part of the connecting, so that its
    time limit is that of this as well; what the address says comes last and counts."""
    own = {
        "lock_timeout": int(settings.database_timeout * 1000),
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
    }
    given = settings.url.query.get("options", "")
    return " ".join([*(f"-c {name}={value}" for name, value in own.items()), str(given)]).strip()
