"""A ward in a database without a server: messages, their promises, and how they end."""

from typing import Any

from app.config import AISettings, load_settings
from app.db import outbox
from app.db.engine import Database
from app.models.user import AI_ASSISTANT_ID
from app.services.ai.ai_interaction_service import AIInteractionService
from app.services.ai.calls import Answer
from app.services.ai.ending_service import AIEndingService
from app.services.ai.endings import Answered, Ending
from app.services.ai.question_service import AIQuestionService
from app.services.ai.records import Asked, Job, JobsTaken
from app.services.core.access import Caller
from app.services.core.group_service import GroupService
from app.services.core.message_service import MessageService
from app.services.core.records import MessageRecord, SendCommand
from app.services.core.user_service import UserService

DOCTOR = Caller("doc", manages_users=True)
URL = "http://ai.example/"


class Clinic:
    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.settings: AISettings = load_settings(ai_service_url=URL, **settings).ai
        self.events: list[Any] = []
        with database.writing.begin() as db:
            for user_id in (DOCTOR.user_id, AI_ASSISTANT_ID, "pat", "paul"):
                UserService(db).ensure_user(user_id)

    def open(self) -> str:
        """A group with the doctor and two patients."""
        with self.database.writing.begin() as db:
            group_id = GroupService(db).create_group("g", None, DOCTOR).group_id
            for user_id in ("pat", "paul"):
                GroupService(db).add_member(group_id, user_id, "PATIENT", DOCTOR)
        return group_id

    def say(
        self, *said: tuple[str, str, str], owner: str = "me", room: int = 10
    ) -> list[MessageRecord]:
        """(group_id, user_id, content), in one batch of a process that has room for more jobs."""

        def hook(db: Any, messages: Any) -> None:
            AIInteractionService(db, self.settings, owner).promise(messages, URL, room)

        commands = [
            SendCommand(group_id=group_id, from_user_id=user, content=content)
            for group_id, user, content in said
        ]
        with self.database.writing.begin() as db:
            stored = MessageService(db, [hook]).send_batch(commands)
            self.events = outbox.take(db)
        return [one for one in stored if isinstance(one, MessageRecord)]

    @property
    def taken(self) -> list[Job]:
        """With the messages that were said last."""
        return [job for e in self.events if isinstance(e, JobsTaken) for job in e.jobs]

    def told(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def claim(self, owner: str = "me", most: int = 10) -> list[Job]:
        with self.database.writing.begin() as db:
            return AIInteractionService(db, self.settings, owner).claim(most).jobs

    def ask(self, *jobs: Job) -> list[Any]:
        with self.database.reading() as db:
            return AIQuestionService(db, self.settings).questions(jobs)

    def answer(self, job: Job, text: str = "re") -> Answered:
        (asked,) = self.ask(job)
        assert isinstance(asked, Asked)
        return Answered(job, asked, Answer(text, "complete", 5, URL))

    def end(self, *endings: Ending, owner: str = "me") -> list[Ending | None]:
        with self.database.writing.begin() as db:
            ended = AIEndingService(db, self.settings, owner).end(endings)
            self.events = outbox.take(db)
        return ended
