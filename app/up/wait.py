"""`python -m app.up.wait URL [SECONDS]`: returns when it answers, for supervisors."""

import sys
import time
from urllib.parse import urlsplit

from app.up.nginx import healthy

SECONDS, POLL_SECONDS = 60.0, 0.1


def wait_for(url: str, seconds: float = SECONDS) -> bool:
    parts = urlsplit(url)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if healthy(f"{parts.scheme}://{parts.netloc}", parts.path):
            return True
        time.sleep(POLL_SECONDS)
    return False


if __name__ == "__main__":
    given = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS  # noqa: PLR2004 - a second one
    sys.exit(0 if wait_for(sys.argv[1], given) else f"{sys.argv[1]} does not answer")
