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


def test_caller_is_named_by_header_or_proved_by_token_never_both() -> None:
    assert Address("http://h", "u").headers == {"X-User-Id": "u"}
    assert Address("http://h", "u", "t").headers == {"Authorization": "Bearer t"}


def test_token_is_not_shown() -> None:
    assert "secret" not in repr(Address("http://h", "u", "secret"))


@pytest.mark.parametrize("url", ["", "localhost:8000", "ws://h", "http://", "ftp://h"])
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must look like"):
        Address(url, "u")


@pytest.mark.parametrize("user_id", ["", "x" * 49, "a b", "小明", "a\n"])
def test_user_ids_that_fit_no_header_are_refused(user_id: str) -> None:
    with pytest.raises(ValueError, match="user id"):
        Address("http://h", user_id)


@pytest.mark.parametrize("token", ["", "a b", "é", "a\r\nX: y"])
def test_tokens_that_fit_no_header_are_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValueError, match=r"^the token has characters that no token has$"):
        Address("http://h", "u", token)
