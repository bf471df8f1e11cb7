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
    """As browsers send it: scheme, host and perhaps a port, in small letters, nothing behind."""
    if not is_http_url(value) or "@" in value:
        return False
    parts = urlsplit(value)
    return value == f"{parts.scheme}://{parts.netloc}".lower()
