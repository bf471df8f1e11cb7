import pytest

from app.utils.urls import is_http_url, is_origin


@pytest.mark.parametrize(
    "value",
    [
        "http://a",
        "https://example.com/path?query=1#part",
        "https://例子.中国/图.png",
        "http://127.0.0.1:8001",
        "http://[::1]:8001/x",
        "https://user:password@example.com:8443/",
        "HTTPS://EXAMPLE.COM",
    ],
)
def test_web_addresses_are_known(value: str) -> None:
    """With any path, port and script."""
    assert is_http_url(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "example.com",
        "//example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://:80",
        "http://a:port",
        "http://a:0",
        "http://a:65536",
        "http://[::1",
        " http://a",
        "http://a ",
        "http://a b",
        "http://a/\nb",
        "ht\ntp://a",
        "java\tscript:alert(1)",
        "http://a/\x00",
        "http://a/\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
        "http://a/\ud800",
    ],
)
def test_what_is_no_web_address_is_refused(value: str) -> None:
    """Other schemes, no host, or characters that would be dropped on the way."""
    assert not is_http_url(value)


@pytest.mark.parametrize("value", ["http://localhost:3000", "https://a.example", "http://[::1]:80"])
def test_origins_are_known(value: str) -> None:
    """Scheme, host and perhaps a port."""
    assert is_origin(value)


@pytest.mark.parametrize(
    "value",
    ["*", "null", "a.example", "https://a.example/", "https://a.example?", "https://a.example#x",
     "https://u@a.example", "HTTPS://a.example", "https://A.example", "https://a.example:443:1"],
)  # fmt: skip
def test_what_no_browser_sends_as_an_origin_is_refused(value: str) -> None:
    """It would never match, and whoever set it would look for the reason elsewhere."""
    assert not is_origin(value)
