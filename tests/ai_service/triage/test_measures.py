import pytest

from ai_service.triage.measures import severity, temperature_c


@pytest.mark.parametrize(
    ("text", "asked", "value"),
    [
        ("38.5", False, 38.5),
        ("38", True, 38.0),
        ("38", False, None),
        ("i have a fever of 39", False, 39.0),
        ("38度5", False, 38.5),
        ("38.5度", False, 38.5),
        ("39°c", False, 39.0),
        ("101.3 f", False, 38.5),
        ("temperature 104", False, 40.0),
        ("i'm 38 and feverish", False, None),
        ("fever for 40 days", False, None),
        ("我38岁，发烧", False, None),
        ("fever, 120 mg", False, None),
        ("99.9% fever", False, None),
        ("fever 12, then 38.9", False, 38.9),
        ("20.5", False, None),
    ],
)
def test_body_temperatures_are_found(text: str, asked: bool, value: float | None) -> None:
    """In Celsius or Fahrenheit, and no age, dose or duration is taken for one."""
    assert temperature_c(text, asked=asked) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("text", "asked", "value"),
    [
        ("7/10", False, 7),
        ("10 out of 10", False, 10),
        ("大概6分", False, 6),
        ("about 4", True, 4),
        ("0", True, 0),
        ("4", False, None),
        ("4 days", True, None),
        ("10/10/2026", False, None),
        ("5分钟", False, None),
        ("strong", True, None),
    ],
)
def test_strengths_are_found(text: str, asked: bool, value: int | None) -> None:
    """A bare number is one only as the answer to the question."""
    assert severity(text, asked=asked) == value
