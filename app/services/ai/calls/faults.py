"""What ends an attempt, by cause. The base gives the number, the docstring is the message."""

from app.errors import AIBadResponse, AIServiceFailed, AIServiceTimeout, AIUnavailable


class Fault:
    """Counts against the circuit; after any other error the service is known to be there."""


class NotAsked:
    """Says nothing of the service."""


class Unreachable(Fault, AIServiceFailed):
    """The AI service could not be reached."""

    worth_repeating = True


class NotSent(NotAsked, AIServiceFailed):
    """The AI service could not be asked: its address is not a valid one."""


class HostRefused(NotAsked, AIServiceFailed):
    """The AI service's name leads to an address that AI_ALLOWED_HOSTS does not list."""


class Broken(Fault, AIServiceFailed):
    """The AI service answered with a server's error."""

    worth_repeating = True


class Busy(AIServiceFailed):
    """The AI service asked to be called again later."""

    worth_repeating = True


class Refused(AIServiceFailed):
    """The AI service refused the question."""


class CutOff(Fault, AIServiceFailed):
    """The AI service's answer ended in the middle."""

    worth_repeating = True


class ReportedError(Fault, AIServiceFailed):
    """The AI service reported an error instead of a reply."""

    worth_repeating = True


class ConnectTimedOut(Fault, AIServiceTimeout):
    """The AI service did not take the connection in time."""

    worth_repeating = True


class NeverBegan(Fault, AIServiceTimeout):
    """The AI service did not begin to answer in time."""

    worth_repeating = True


class Stalled(Fault, AIServiceTimeout):
    """The AI service fell silent in the middle of its answer."""

    worth_repeating = True


class TooSlow(Fault, AIServiceTimeout):
    """The AI service did not end its answer in time."""


class Garbage(Fault, AIBadResponse):
    """The AI service's answer is not of the form that its protocol gives."""


class TooLong(AIBadResponse):
    """The AI service's reply is longer than AI_MAX_REPLY_BYTES."""


class Empty(AIBadResponse):
    """The AI service's reply is empty."""


class LeftAlone(AIUnavailable):
    """The AI service has failed repeatedly and is left alone for a while."""

    worth_repeating = True

    def __init__(self, retry_after_s: float) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s
