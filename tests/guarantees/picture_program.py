"""`im` as the picture's runs start it: with named points, and with a clock that may be wrong by as
many seconds as CLOCK_OFF says."""

import os
from datetime import datetime, timedelta

from app.utils import clock

VARIABLE = "CLOCK_OFF"


def put_clock_off(seconds: float) -> None:
    """Before anything that takes the time by its name is imported."""
    right = clock.utc_now

    def utc_now() -> datetime:
        return right() + timedelta(seconds=seconds)

    clock.utc_now = utc_now


if __name__ == "__main__":
    put_clock_off(float(os.environ.get(VARIABLE, "0")))

    from app.cli import main
    from tests.guarantees import points

    points.install()
    main()
