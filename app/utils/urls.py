from urllib.parse import urlsplit


def is_http_url(value: str) -> bool:
    """Blanks and control characters are looked for first, since `urlsplit` removes some of them:
    what it finds to be an address would not be the one that is kept."""
    if any(c.isspace() or not c.isprintable() for c in value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_origin(value: str) -> bool:
    """As browsers send it: scheme, host and perhaps a port, with nothing behind."""
    parts = urlsplit(value) if is_http_url(value) else None
    return parts is not None and value == f"{parts.scheme}://{parts.netloc}" and "@" not in value
