import pytest

from im_client.address import Address


@pytest.mark.parametrize(
    ("url", "socket_url"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/a%40b?deltas=0"),
        ("https://im.example/base/", "wss://im.example/base/ws/a%40b?deltas=0"),
    ],
)
def test_socket_address_follows_the_http_address(url: str, socket_url: str) -> None:
    assert Address(url, "a@b").socket_url == socket_url


@pytest.mark.parametrize(
    ("user_id", "path"),
    [
        ("张三", "%E5%BC%A0%E4%B8%89"),
        ("..", "%2E%2E"),
        ("50%", "50%25"),
        ("名" * 48, "%E5%90%8D" * 48),
    ],
)
def test_whatever_the_server_takes_as_a_name_fits_the_path(user_id: str, path: str) -> None:
    assert Address("http://h", user_id).socket_url == f"ws://h/ws/{path}?deltas=0"


def test_deltas_are_switched_off_in_the_address() -> None:
    assert Address("http://h", "u", deltas=True).socket_url == "ws://h/ws/u"


@pytest.mark.parametrize("url", ["", "localhost:8000", "ws://h", "http://", "ftp://h"])
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must look like"):
        Address(url, "u")


@pytest.mark.parametrize(
    "user_id", ["", "x" * 49, "a b", "a\n", "a/b", "a?b", "a#b", "a\u3000b", "\u200b", "\ud800"]
)
def test_user_ids_that_the_server_refuses_are_refused_here(user_id: str) -> None:
    with pytest.raises(ValueError, match="a user id has 1 to 48 printable characters"):
        Address("http://h", user_id)
