import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class KeySetServer:
    """An identity provider's key set at an address of its own."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    fetches: list[str] = field(default_factory=list)

    def publish(self, *keys: dict[str, Any]) -> None:
        self.body = json.dumps({"keys": keys}).encode()


@pytest.fixture
def key_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeySetServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    published = KeySetServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.fetches.append(self.path)
            self.send_response(published.status)
            self.send_header("Content-Length", str(len(published.body)))
            self.end_headers()
            self.wfile.write(published.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        published.url = f"http://127.0.0.1:{server.server_port}/keys"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield published
        server.shutdown()
        thread.join()
