"""The front door, where nginx is installed."""

import os
import resource
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import httpx2

from app.up.ports import HOST
from app.up.program import Spec

NAME = "nginx"
TEMPLATE = Path(__file__).with_name("nginx.conf.template")
OFTEN_NOT_ON_PATH = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
FILES = 65536
"""That nginx may have open, where the system lets it."""
PORT_IN_DEPLOYMENT, INSTANCES_IN_DEPLOYMENT = 80, ("api-1:8000", "api-2:8000")


def program() -> str | None:
    path = os.pathsep.join((os.environ.get("PATH", ""), OFTEN_NOT_ON_PATH))
    return shutil.which(NAME, path=path)


def configuration(instances: Sequence[str], **values: str) -> str:
    """`values` are those that stand in the template as @NAME@."""
    servers = [f"        server {one} max_fails=1 fail_timeout=2s;" for one in instances]
    servers += [f"        server {one} max_fails=0 backup;" for one in instances]
    text = TEMPLATE.read_text()
    for name, value in {"servers": "\n".join(servers), **values}.items():
        text = text.replace(f"@{name.upper()}@", value)
    return text


def for_deployment() -> str:
    """`deploy/nginx.conf`, as the image of nginx and the packages of distributions take it."""
    return configuration(
        INSTANCES_IN_DEPLOYMENT, listen=str(PORT_IN_DEPLOYMENT), pid="/run/nginx.pid",
        files=str(FILES), connections=str(FILES // 4),
        error_log="/dev/stderr", access_log="/dev/stdout", temporary="",
    )  # fmt: skip


def spec(nginx: str, folder: Path, logs: Path, port: int, instances: Sequence[str]) -> Spec:
    """Writes the configuration first."""
    folder.mkdir(exist_ok=True)
    temporary = [f'    {name}_temp_path "{folder}/{name}";' for name in TEMPORARY]
    files = min(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    file = folder / "nginx.conf"
    file.write_text(
        configuration(
            instances, listen=f"{HOST}:{port}", pid=f'"{folder}/nginx.pid"',
            files=str(files), connections=str(files // 4),
            error_log="stderr", access_log=f'"{logs}/access.log"', temporary="\n".join(temporary),
        )
    )  # fmt: skip
    command = [nginx, "-e", "stderr", "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
    url = f"http://{HOST}:{port}"
    return Spec(
        NAME, command, url, ready=lambda: healthy(url),
        stop_signal=signal.SIGQUIT,  # so that the service's own goodbye goes through
    )  # fmt: skip


def healthy(url: str, path: str = "/health") -> bool:
    try:
        return httpx2.get(url + path, trust_env=False, timeout=2).is_success
    except httpx2.HTTPError:
        return False


if __name__ == "__main__":
    print(for_deployment(), end="")  # noqa: T201 - that is what it is run for
