import pytest

from ai_service.engine import LoadProfile
from ai_service.engines import engine_factories


@pytest.mark.parametrize("name", ["demo", "echo", "simulate"])
def test_each_engine_is_found_by_its_name(name: str) -> None:
    """The module's name, the engine's and the option's are one."""
    assert engine_factories()[name](LoadProfile()).name == name


def test_nothing_else_counts_as_an_engine() -> None:
    """Each module of the package is an engine."""
    assert list(engine_factories()) == ["demo", "echo", "langchain", "simulate"]
