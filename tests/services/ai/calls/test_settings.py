import pytest

from app.config import SettingsError, load_settings

AI = {"ai_service_url": "http://ai"}
ADDRESSES = "ftp://ai", "file:///etc/passwd", "//ai", "ai", "http://", "http://ai:0", "http://a b"
PROBLEMS = [
    *(({"ai_service_url": url}, "AI_SERVICE_URL: must be an http://") for url in ADDRESSES),
    ({"ai_fallback_url": "http://b"}, "AI_FALLBACK_URL: is set without AI_SERVICE_URL"),
    ({**AI, "ai_fallback_url": "ftp://b"}, "AI_FALLBACK_URL: must be an http://"),
    ({**AI, "ai_fallback_api_key": "k"}, "AI_FALLBACK_API_KEY: is set without AI_FALLBACK_URL"),
    ({**AI, "ai_fallback_url": "http://b", "ai_fallback_api_key": "a\nb"}, "AI_FALLBACK_API_KEY"),
    ({"ai_protocol": "smoke"}, "AI_PROTOCOL: "),
    ({"ai_fallback_protocol": "smoke"}, "AI_FALLBACK_PROTOCOL: "),
    ({"ai_breaker_failures": 11}, "AI_BREAKER_FAILURES: must not be greater than"),
    ({"ai_breaker_open_seconds": 0}, "AI_BREAKER_OPEN_SECONDS: "),
    ({"ai_first_byte_timeout": 0}, "AI_FIRST_BYTE_TIMEOUT: "),
    ({"ai_temperature": 3}, "AI_TEMPERATURE: "),
    ({"ai_max_tokens": 0}, "AI_MAX_TOKENS: "),
]


@pytest.mark.parametrize(("settings", "line"), PROBLEMS)
def test_a_wrong_setting_is_named(settings: dict[str, object], line: str) -> None:
    """In one line, before anything starts."""
    with pytest.raises(SettingsError) as caught:
        load_settings(**settings)
    assert str(caught.value).startswith(line)
    assert len(str(caught.value).splitlines()) == 1


def test_hosts_are_a_list() -> None:
    """Comma-separated, with or without blanks."""
    settings = load_settings(ai_allowed_hosts="a.example, 10.0.0.0/8,").ai
    assert settings.ai_allowed_hosts == ("a.example", "10.0.0.0/8")
