from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_USER_ID_MAX = 48


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and who calls it. Raises ValueError for what cannot be an address.

    `deltas` asks for AI replies piece by piece, as they come into being.
    """

    url: str
    user_id: str
    deltas: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"the address must look like http://127.0.0.1:8000, not {self.url!r}")
        if not _is_user_id(self.user_id):
            raise ValueError(
                f"a user id has 1 to {_USER_ID_MAX} printable characters without blanks or / ? #"
            )

    @property
    def socket_url(self) -> str:
        base = "ws" + self.url.removeprefix("http").rstrip("/")
        return f"{base}/ws/{path_part(self.user_id)}{'' if self.deltas else '?deltas=0'}"


def path_part(text: str) -> str:
    """Dots too: a user may be called `..`, which paths would take for the folder above."""
    return quote(text, safe="").replace(".", "%2E")


def _is_user_id(text: str) -> bool:
    if not (1 <= len(text) <= _USER_ID_MAX and text.isprintable()):
        return False
    return not any(char.isspace() or char in "/?#" for char in text)
