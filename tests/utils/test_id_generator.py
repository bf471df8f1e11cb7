import re
from datetime import UTC, datetime, timedelta

import pytest

from app.utils import id_generator

PREFIXES = {"user": 48, "group": 64, "message": 64, "record": 64, "connection": 64, "request": 64}
SHORT = {"message": "msg", "connection": "conn", "request": "req"}


@pytest.mark.parametrize("kind", PREFIXES)
def test_an_id_tells_its_kind_and_second_and_nothing_else(kind: str) -> None:
    """At least 64 random bits follow, and all of it fits its column."""
    before = datetime.now(UTC).replace(microsecond=0)
    made = getattr(id_generator, f"generate_{kind}_id")()
    found = re.fullmatch(r"([a-z]+)_(\d{14})([0-9a-f]{16,})", made)

    assert found
    assert found[1] == SHORT.get(kind, kind)
    moment = datetime.strptime(found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert before <= moment <= before + timedelta(seconds=5)
    assert len(made) <= PREFIXES[kind]


def test_ids_do_not_repeat() -> None:
    """Not even within one second."""
    made = {id_generator.generate_message_id() for _ in range(10_000)}
    assert len(made) == 10_000
