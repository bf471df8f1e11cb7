"""What the service is asked for several jobs, read at one go."""

from app.db.engine import Database
from app.errors import AIUnavailable
from app.services.ai.records import Asked
from tests.services.ai.jobs import Clinic


def test_each_with_its_own_history(database: Database) -> None:
    """What was said before in its group, roles as in the contract; a burst is one question."""
    clinic = Clinic(database)
    one, two = clinic.open(), clinic.open()
    clinic.say((one, "pat", "I am ill"))
    clinic.end(clinic.answer(clinic.taken[0], "since when?"))
    clinic.say((one, "doc", "indeed"), (two, "pat", "x"))
    clinic.end(clinic.answer(clinic.taken[0], "y"))
    clinic.settings = clinic.settings.model_copy(update={"ai_handoff_seconds": 0})
    clinic.say((one, "pat", "since"), (one, "pat", "Monday"), (two, "pat", "z"))
    asked = {one.question.group_id: one.question for one in clinic.ask(*clinic.taken)}
    assert asked[one].message == "since\n\nMonday"
    assert [(item.role, item.content, item.name) for item in asked[one].history] == [
        ("user", "I am ill", None),
        ("assistant", "since when?", None),
        ("assistant", "indeed", "doctor"),
    ]
    assert [item.content for item in asked[two].history] == ["x", "y"]
    assert asked[two].message == "z"


def test_one_that_is_silenced_among_others(database: Database) -> None:
    """By a doctor who has written since: the others are asked all the same."""
    clinic = Clinic(database)
    one, two = clinic.open(), clinic.open()
    clinic.say((one, "pat", "a"), (two, "pat", "b"))
    jobs = sorted(clinic.taken, key=lambda job: job.group_id == two)
    clinic.say((one, "doc", "let me"))
    silenced, asked = clinic.ask(*jobs)
    assert isinstance(silenced, AIUnavailable)
    assert isinstance(asked, Asked)


def test_the_ai_does_not_talk_to_itself(database: Database) -> None:
    """After AI_MAX_TURNS replies without a word of anybody's it is not asked."""
    clinic = Clinic(database, ai_max_turns=2)
    group = clinic.open()
    clinic.say((group, "pat", "a"), (group, "paul", "b"), (group, "pat", "c"))
    clinic.end(clinic.answer(clinic.taken[0]))
    clinic.end(clinic.answer(clinic.claim()[0]))
    (silenced,) = clinic.ask(*clinic.claim())
    assert isinstance(silenced, AIUnavailable)
