class UpError(Exception):
    """The picture cannot run; the message says why and what to do."""


class Interrupted(Exception):
    """Somebody asked to stop while it was starting."""
