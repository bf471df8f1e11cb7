"""Settings from the environment and `.env`, in groups, checked before anything starts."""

from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic import ValidationError

from app.config.agreement import contradictions
from app.config.base import ENV_FILE, SettingsError, SettingsGroup
from app.config.settings import GROUPS, Settings


def load_settings(**overrides: object) -> Settings:
    """Overrides are flat names in lower case and win over the environment.

    Raises SettingsError with one line per wrong setting.
    """
    if problems := _problems_in_env_file():
        raise SettingsError("\n".join(problems))
    groups: dict[str, SettingsGroup] = {}
    for name, group in GROUPS.items():
        own = {k: overrides.pop(k) for k in tuple(overrides) if k in group.model_fields}
        try:
            groups[name] = group(**own)
        except ValidationError as error:
            problems += [_explain(group, item["loc"], item["msg"]) for item in error.errors()]
    if overrides:
        problems.append(f"{', '.join(overrides).upper()}: there is no such setting")
    if problems:
        raise SettingsError("\n".join(problems))
    settings = Settings(**groups)  # type: ignore[arg-type]
    if problems := contradictions(settings):
        raise SettingsError("\n".join(problems))
    return settings


def _problems_in_env_file() -> list[str]:
    """Lines that cannot be read would only be warned of, once for each group of settings."""
    file = Path(ENV_FILE)
    if not file.is_file():
        return []
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return [f"{ENV_FILE}: cannot be read as UTF-8 text ({type(error).__name__})"]
    wrong = [binding.original.line for binding in parse_stream(StringIO(text)) if binding.error]
    return [f"{ENV_FILE}: line {line} is not of the form NAME=value" for line in wrong]


def _explain(group: type[SettingsGroup], location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    name = str(location[0])
    default = group.model_fields[name].default
    hint = "" if default is None or default == () else f" (default: {default})"
    return f"{name.upper()}: {message[:1].lower()}{message[1:]}{hint}"
