import pytest

from ai_service.triage.moments import onset, says_months_old, says_years_old


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("since yesterday, 38.5", "since yesterday"),
        ("It began three days ago.", "three days ago"),
        ("for about two weeks now", "for about two weeks"),
        ("since last Monday morning", "since last Monday morning"),
        ("since this morning", "since this morning"),
        ("last night", "last night"),
        ("从昨天晚上开始的", "从昨天晚上开始"),
        ("今天早上开始", "今天早上开始"),
        ("两天前", "两天前"),
        ("上周三", "上周三"),
        ("recently", None),
        ("5 days", None),
        ("我晚上睡不着", None),
    ],
)
def test_a_beginning_is_found(text: str, found: str | None) -> None:
    """In the patient's own words."""
    assert onset(text, bare=False) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5 days", "5 days"),
        ("a week or so", "a week"),
        ("三天了", "三天了"),
        ("大概半年", "大概半年"),
        ("一天三次", None),
        ("每天", None),
        ("3 years old", None),
        ("5岁", None),
        ("20 weeks pregnant", None),
        ("怀孕三个月", None),
    ],
)
def test_a_duration_may_stand_alone(text: str, found: str | None) -> None:
    """But an age, a frequency or a pregnancy is none."""
    assert onset(text, bare=True) == found


@pytest.mark.parametrize(
    ("text", "years", "months"),
    [
        ("3 years", True, False),
        ("5岁", True, False),
        ("两岁", True, False),
        ("8 months", False, True),
        ("8个月", False, True),
        ("1 year and 2 months", True, False),
        ("i am 30 years old", False, False),
        ("我30岁", False, False),
        ("yes", False, False),
    ],
)
def test_ages_of_children_are_told_apart(text: str, years: bool, months: bool) -> None:
    """An infant's fever is another thing than a schoolchild's."""
    assert (says_years_old(text), says_months_old(text)) == (years, months)
