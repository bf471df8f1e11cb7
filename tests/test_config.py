import re
from pathlib import Path
from typing import Any

import pytest

from app.config import GROUPS, Settings, SettingsError, load_settings

SECRET = "x" * 32
POSTGRESQL, REDIS = "postgresql://u:p@h/im", "redis://h:6379/0"
SHARED = {"DATABASE_URL": POSTGRESQL, "REDIS_URL": REDIS}
EXAMPLE = Path(__file__).parents[1] / ".env.example"
SEEDS = {
    "DATABASE_URL": "postgresql://user:password@localhost:5432/im",
    "REDIS_URL": "redis://localhost:6379/0",
    "AI_SERVICE_URL": "https://ai-service.example.com/api/chat",
    "AI_SERVICE_API_KEY": "your_api_key_here",
    "AI_SERVICE_TIMEOUT": "30",
    "LOG_LEVEL": "INFO",
    "CORS_ORIGINS": "http://localhost:3000,http://localhost:8080",
    "HOST": "0.0.0.0",
    "PORT": "8000",
}


def flat(settings: Settings) -> dict[str, Any]:
    return {k: v for group in GROUPS for k, v in getattr(settings, group).model_dump().items()}


def problem(**environment: str) -> str:
    """The one line that these variables end the start with."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with pytest.raises(SettingsError) as caught:
            load_settings()
    (line,) = str(caught.value).splitlines()
    return line


def test_everything_has_a_default() -> None:
    """An empty environment makes an embedded service for this machine alone."""
    settings = load_settings()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.database.database_url == "sqlite:///./data/im.db"
    assert settings.auth.auth_mode == "open"
    assert settings.ai.ai_service_url is None


def test_the_settings_of_the_seeds_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the very values that the documents show."""
    for name, value in SEEDS.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()

    assert settings.database.url.drivername == "postgresql+psycopg"
    assert settings.redis.redis_url == SEEDS["REDIS_URL"]
    assert settings.ai.ai_service_url == SEEDS["AI_SERVICE_URL"]
    assert settings.ai.ai_service_timeout == 30
    assert settings.server.cors_origins == ("http://localhost:3000", "http://localhost:8080")
    assert (settings.server.host, settings.log.log_level) == ("0.0.0.0", "INFO")


def test_the_example_explains_every_setting_and_shows_its_default() -> None:
    """And no other: copied as it is, it changes nothing."""
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert set(shown) == {name.upper() for name in flat(load_settings())}
    defaults = load_settings()
    Path(".env").write_text(text, encoding="utf-8")
    assert load_settings() == defaults


def test_the_env_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in either case, quotes and remarks as such files have them."""
    lines = "# a remark\nPORT=1234\nlog_level='debug'\nexport HOST=127.0.0.2 # why\n\nOTHER=x\n"
    Path(".env").write_text(lines)
    settings = load_settings()
    assert settings.server.port == 1234
    assert settings.server.host == "127.0.0.2"
    assert settings.log.log_level == "DEBUG"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a keyword over both."""
    Path(".env").write_text("PORT=1\nHOST=127.0.0.2\n")
    monkeypatch.setenv("PORT", "2")
    assert load_settings().server.port == 2
    assert load_settings(port=3).server.port == 3
    assert load_settings(port=3).server.host == "127.0.0.2"


def test_an_empty_value_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the environment nor in the file."""
    monkeypatch.setenv("AI_SERVICE_URL", "")
    monkeypatch.setenv("PORT", "")
    Path(".env").write_text("DATABASE_URL=\nLOG_LEVEL=\n")
    assert load_settings() == load_settings(port=8000)


def test_a_file_saved_by_a_windows_editor_is_read() -> None:
    """With the mark that such editors put before the first line."""
    Path(".env").write_bytes("\ufeffPORT=1234\r\nHOST=127.0.0.2\r\n".encode())
    settings = load_settings()
    assert (settings.server.port, settings.server.host) == (1234, "127.0.0.2")


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"PORT=1\nnot a setting\n", "line 2"),
        (b"PORT 1\n", "line 1"),
        (b"PORT=1\n=2\n", "line 2"),
        (b"JWT_SECRET='never closed\n", "line 1"),
        (b"JWT_SECRET=s\xff\n", "UTF-8"),
        ("PORT=1\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_a_broken_file_ends_the_start(content: bytes, where: str) -> None:
    """It is not read halfway: what is missing could be what keeps others out."""
    Path(".env").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(".env: ")
    assert where in line


def test_a_folder_of_that_name_is_no_file() -> None:
    """As a virtual environment may be called."""
    Path(".env").mkdir()
    assert load_settings().server.port == 8000


WRONG: list[tuple[str, str, str]] = [
    ("PORT", "http", "integer"),
    ("PORT", "-1", "greater than or equal to 0"),
    ("PORT", "65536", "65535"),
    ("PORT", "80.5", "integer"),
    ("CORS_ORIGINS", "example.com", "https://app.example.com"),
    ("CORS_ORIGINS", "https://a.example, ftp://b.example", "https://app.example.com"),
    ("CORS_ORIGINS", "https://a.example/", "https://app.example.com"),
    ("CORS_ORIGINS", "https://a.example/app", "https://app.example.com"),
    ("CORS_ORIGINS", "https://a.example?x", "https://app.example.com"),
    ("CORS_ORIGINS", "https://user@a.example", "https://app.example.com"),
    ("CORS_ORIGINS", "null", "https://app.example.com"),
    ("MAX_BODY_BYTES", "0", "1024"),
    ("DATABASE_URL", "im.db", "sqlite:///"),
    ("DATABASE_URL", "oracle://u:p@h/im", "mysql://"),
    ("DATABASE_REPLICA_URL", "replica", "postgresql://"),
    ("WORKERS", "0", "1"),
    ("REDIS_PREFIX", "a b", "pattern"),
    ("AI_DISPATCH", "threads", "celery"),
    ("CELERY_BROKER_URL", "kafka://h", "amqp://"),
    ("CELERY_QUEUE", "a b", "pattern"),
    ("DATABASE_URL", "postgresql+asyncpg://u:p@h/im", "postgresql://"),
    ("DATABASE_URL", "postgresql://u:p@h:5432", "postgresql://"),
    ("DATABASE_URL", "postgresql://u:p@h:port/im", "postgresql://"),
    ("DATABASE_URL", "sqlite://", "sqlite:///"),
    ("DATABASE_URL", "sqlite:///:memory:", "file"),
    ("DATABASE_POOL_SIZE", "1", "2"),
    ("DATABASE_POOL_SIZE", "101", "100"),
    ("DATABASE_TIMEOUT", "0", "greater than 0"),
    ("DATABASE_TIMEOUT", "nan", ""),
    ("REDIS_URL", "localhost:6379", "redis://"),
    ("REDIS_URL", "http://localhost", "redis://"),
    ("REDIS_URL", "redis://[", "redis://"),
    ("REDIS_URL", "redis://", "redis://"),
    ("REDIS_URL", "unix://", "redis://"),
    ("AUTH_MODE", "none", "'open' or 'jwt'"),
    ("ALLOW_OPEN_NETWORK", "perhaps", "boolean"),
    ("JWT_ALGORITHM", "none", "HS256"),
    ("JWT_ALGORITHM", "HS512", "HS256"),
    ("JWT_LEEWAY", "-1", "0"),
    ("JWT_LEEWAY", "301", "300"),
    ("MAX_FRAME_BYTES", "10", "1024"),
    ("WS_HEARTBEAT_SECONDS", "0", "0"),
    ("WS_HEARTBEAT_SECONDS", "inf", "3600"),
    ("WS_HEARTBEAT_TIMEOUT", "inf", "3600"),
    ("WS_AUTH_TIMEOUT", "inf", "3600"),
    ("WS_MAX_UNSENT_BYTES", "1", "65536"),
    ("WS_MAX_IN_FLIGHT", "0", "1"),
    ("SEND_QUEUE_LENGTH", "0", "1"),
    ("SEND_BATCH_SIZE", "1001", "1000"),
    ("AI_SERVICE_URL", "ai.example.com", "http://"),
    ("AI_SERVICE_URL", "ftp://ai.example.com", "http://"),
    ("AI_SERVICE_URL", "http://ai example", "http://"),
    ("AI_SERVICE_URL", "http://ai.example:99999", "http://"),
    ("AI_SERVICE_URL", "http://ai.example/" + "x" * 256, "256"),
    ("AI_SERVICE_TIMEOUT", "0", "0"),
    ("AI_SERVICE_TIMEOUT", "soon", "number"),
    ("AI_SERVICE_TIMEOUT", "601", "600"),
    ("AI_CONNECT_TIMEOUT", "0", "0"),
    ("AI_READ_TIMEOUT", "0", "0"),
    ("AI_MAX_REPLY_BYTES", "1", "1024"),
    ("AI_CONCURRENCY", "0", "1"),
    ("AI_HISTORY_MESSAGES", "-1", "0"),
    ("AI_HISTORY_CHARS", "-1", "0"),
    ("AI_LEASE_SECONDS", "0.1", "0.5"),
    ("AI_MAX_ATTEMPTS", "0", "1"),
    ("LOG_LEVEL", "LOUD", "'DEBUG'"),
    ("LOG_FORMAT", "xml", "'json'"),
]


@pytest.mark.parametrize(
    ("name", "value", "may_be"), WRONG, ids=[f"{n}={v[:25]}" for n, v, _ in WRONG]
)
def test_a_wrong_setting_is_one_line_that_names_it(name: str, value: str, may_be: str) -> None:
    """And says what it may be, without the value, which may be a secret."""
    line = problem(**{name: value})
    assert line.startswith(f"{name}: ")
    assert may_be in line
    assert len(line) < 200


CONTRADICTIONS: list[tuple[dict[str, str], str]] = [
    ({"AUTH_MODE": "jwt"}, "JWT_SECRET"),
    ({"AUTH_MODE": "jwt", "JWT_SECRET": "x" * 31}, "JWT_SECRET"),
    (
        {"AUTH_MODE": "jwt", "JWT_SECRET": SECRET, "ALLOW_OPEN_NETWORK": "1"},
        "ALLOW_OPEN_NETWORK",
    ),
    ({"AUTH_MODE": "jwt", "JWT_SECRET": SECRET, "JWT_PUBLIC_KEY": "k"}, "JWT_ALGORITHM"),
    ({"AUTH_MODE": "jwt", "JWT_SECRET": SECRET, "JWT_JWKS_URL": "http://k"}, "JWT_ALGORITHM"),
    ({"AUTH_MODE": "jwt", "JWT_ALGORITHM": "RS256"}, "JWT_ALGORITHM"),
    ({"AUTH_MODE": "jwt", "JWT_ALGORITHM": "RS256", "JWT_SECRET": SECRET}, "JWT_ALGORITHM"),
    (
        {
            "AUTH_MODE": "jwt",
            "JWT_ALGORITHM": "EdDSA",
            "JWT_PUBLIC_KEY": "k",
            "JWT_JWKS_URL": "http://k",
        },
        "JWT_ALGORITHM",
    ),
    (
        {"AUTH_MODE": "jwt", "JWT_ALGORITHM": "RS256", "JWT_JWKS_URL": "file:///etc/keys"},
        "JWT_JWKS_URL",
    ),
    ({"DATABASE_REPLICA_URL": POSTGRESQL}, "DATABASE_REPLICA_URL"),
    (
        {"DATABASE_URL": "mysql://u:p@h/im", "DATABASE_REPLICA_URL": POSTGRESQL},
        "DATABASE_REPLICA_URL",
    ),
    ({"WORKERS": "2"}, "WORKERS"),
    ({"WORKERS": "2", "DATABASE_URL": POSTGRESQL}, "WORKERS"),
    ({"AI_DISPATCH": "celery", **SHARED}, "AI_DISPATCH"),
    ({"AI_DISPATCH": "celery", "AI_SERVICE_URL": "http://ai", "REDIS_URL": REDIS}, "AI_DISPATCH"),
    (
        {"AI_DISPATCH": "celery", "AI_SERVICE_URL": "http://ai", "DATABASE_URL": POSTGRESQL},
        "AI_DISPATCH",
    ),
    ({"AI_SERVICE_API_KEY": "key"}, "AI_SERVICE_API_KEY"),
    ({"AI_SERVICE_URL": "http://ai", "AI_SERVICE_API_KEY": "two\nlines"}, "AI_SERVICE_API_KEY"),
    ({"AI_SERVICE_URL": "http://ai", "AI_SERVICE_API_KEY": "schlüssel"}, "AI_SERVICE_API_KEY"),
]


@pytest.mark.parametrize(
    ("environment", "name"), CONTRADICTIONS, ids=[" ".join(e) for e, _ in CONTRADICTIONS]
)
def test_settings_that_contradict_each_other_are_one_line(
    environment: dict[str, str], name: str
) -> None:
    """It names the one to change, and shows no secret."""
    line = problem(**environment)
    assert line.startswith(f"{name}: ")
    assert SECRET not in line


def test_no_problem_shows_a_value_that_may_be_secret() -> None:
    """Passwords stand in addresses, too."""
    for name, value in {
        "DATABASE_URL": "postgres://u:hidden@h:hidden/im",
        "REDIS_URL": "http://:hidden@h",
        "AI_SERVICE_URL": "http://u:hidden@",
        "JWT_JWKS_URL": "hidden",
        "JWT_LEEWAY": "hidden",
    }.items():
        assert "hidden" not in problem(**{name: value})


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line each, so that nobody starts five times to find five."""
    for name in ("PORT", "JWT_LEEWAY", "LOG_LEVEL"):
        monkeypatch.setenv(name, "wrong")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    names = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert names == ["PORT", "JWT_LEEWAY", "LOG_LEVEL"]


def test_an_override_that_is_no_setting_is_refused() -> None:
    """By its name, since it is a program's mistake."""
    with pytest.raises(SettingsError, match=r"^NONSENSE: there is no such setting$"):
        load_settings(nonsense=1)


def test_overrides_are_checked_like_all_others() -> None:
    """A command line's option is as wrong as a variable."""
    with pytest.raises(SettingsError, match=r"^PORT: "):
        load_settings(port="http")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("*", ("*",)),
        ("https://a.example", ("https://a.example",)),
        (
            " https://a.example ,http://localhost:3000,",
            ("https://a.example", "http://localhost:3000"),
        ),
        ("http://127.0.0.1:5173,http://[::1]:5173", ("http://127.0.0.1:5173", "http://[::1]:5173")),
        (",", ()),
    ],
)
def test_origins_are_a_list_with_commas(value: str, expected: tuple[str, ...]) -> None:
    """Exactly as browsers send them."""
    assert load_settings(cors_origins=value).server.cors_origins == expected


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_driver_of_a_database_is_chosen_here(scheme: str) -> None:
    """Whatever name the address gives it."""
    database = load_settings(database_url=f"{scheme}://u:p@h:5/im?sslmode=require").database
    assert database.url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://u:p@h:5/im?sslmode=require"
    )
    assert not database.is_sqlite
    assert load_settings().database.is_sqlite


@pytest.mark.parametrize(
    "url", ["redis://localhost", "rediss://:secret@h:6380/1", "unix:///run/redis.sock"]
)
def test_redis_is_reached_in_three_ways(url: str) -> None:
    """In the open, over TLS, or by a socket's path."""
    assert load_settings(redis_url=url).redis.redis_url == url


def test_settings_do_not_change() -> None:
    """They are read once, before anything starts."""
    with pytest.raises(ValueError, match="frozen"):
        load_settings().server.port = 1
