"""What a worker does with a message of its queue: it looks what the record's group has waiting."""

from celery import Celery
from celery.exceptions import Reject

from app.tasks.broker import ANSWER, CANARY
from app.tasks.runtime import Runtime


def register(celery: Celery, runtime: Runtime) -> None:
    def answer(record_id: str, group_id: str) -> None:  # noqa: ARG001 - for who reads the queue
        """The thread of the task waits; the work is done on the process's event loop."""
        if not runtime.answer(group_id):
            raise Reject("this worker stops", requeue=True)

    def canary() -> None:
        """That it has come is all there is to know."""

    celery.task(answer, name=ANSWER)
    celery.task(canary, name=CANARY)
