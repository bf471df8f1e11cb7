import errno
import socket

import pytest

from ai_service.server import ListenError, listen, url_of


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_the_url_shows_the_port_that_was_chosen(host: str, url: str) -> None:
    """Port 0 in, a usable address out."""
    with listen(host, 0) as listener:
        assert url_of(listener) == f"{url}{listener.getsockname()[1]}"


def test_a_port_in_use_is_told() -> None:
    """Exit code 1, since the option itself was right."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ListenError, match=f"--port: {port} is in use on 127.0.0.1") as caught:
            listen("127.0.0.1", port)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("host", ["", "nobody.invalid", "192.0.2.1", "::zz", "a..b"])
def test_a_bad_host_is_told(host: str) -> None:
    """Unknown names, other machines' addresses and nonsense alike."""
    with pytest.raises(ListenError, match=r"--host: .* such as 127.0.0.1") as caught:
        listen(host, 0)
    assert caught.value.exit_code == 2


def test_a_forbidden_port_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports below 1024 need rights; the system's own reason is shown."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(ListenError, match="--port: 80 cannot be served: Permission denied"):
        listen("127.0.0.1", 80)
