from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

_USER_ID_MAX = 48


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and who calls it. Raises ValueError for what cannot be an address."""

    url: str
    user_id: str
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"the address must look like http://127.0.0.1:8000, not {self.url!r}")
        if not (len(self.user_id) <= _USER_ID_MAX and _is_word(self.user_id)):
            raise ValueError(f"a user id has 1 to {_USER_ID_MAX} ASCII characters and no spaces")
        if self.token is not None and not _is_word(self.token):
            raise ValueError("the token has characters that no token has")

    @property
    def socket_url(self) -> str:
        """Without deltas: this client shows whole replies only."""
        base = "ws" + self.url.removeprefix("http").rstrip("/")
        return f"{base}/ws/{quote(self.user_id, safe='')}?deltas=0"

    @property
    def headers(self) -> dict[str, str]:
        if self.token is None:
            return {"X-User-Id": self.user_id}
        return {"Authorization": f"Bearer {self.token}"}


def _is_word(text: str) -> bool:
    return text.isascii() and text.isprintable() and bool(text) and " " not in text
