"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import json
import re
from typing import Any

DONE = b"data: [DONE]\n\n"
_TAKES_EVENTS = ("text/event-stream", "text/*", "*/*")
_NEVER = re.compile(r";\s*q=0(?:\.0*)?\s*(?:;|$)")


def event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def accepts_events(accept: str | None) -> bool:
    """By the request's Accept header; one that names no type allows every type."""
    ranges = [part.strip().lower() for part in (accept or "*/*").split(",") if part.strip()]
    kept = [part.partition(";")[0].strip() for part in ranges if not _NEVER.search(part)]
    return not ranges or any(name in _TAKES_EVENTS for name in kept)
