"""How jobs end, for whoever reads the log: ids, numbers and lengths only."""

import structlog

from app.services.ai.endings import Answered, Ending, PutOff

log = structlog.get_logger(__name__)


def log_ending(ending: Ending, ended: Ending | None) -> None:
    """`ended` is what it has come to; None where nothing of it was stored."""
    job = ending.job
    about = log.bind(record_id=job.record_id, group_id=job.group_id)
    if ended is None:
        about.warning("ai_result_discarded", why="lease lost")
    elif isinstance(ended, Answered):
        answer = ended.answer
        about.info(
            "ai_reply", duration_ms=answer.duration_ms, length=len(answer.text),
            finish_reason=answer.finish_reason,
        )  # fmt: skip
    elif isinstance(ended, PutOff):
        about.warning(
            "ai_attempt_failed", number=ended.error.number, attempt=job.attempts,
            again_in_s=round(ended.delay_s, 3),
        )  # fmt: skip
    else:
        about.warning("ai_failed", number=ended.error.number, duration_ms=ended.duration_ms)
