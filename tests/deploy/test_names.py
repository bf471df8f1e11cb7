"""No setting's name is wrong, no command unknown, no port another's, in any of the files."""

import re
import shlex
from typing import Any

import pytest

from app.cli import COMMANDS
from app.config import GROUPS, ServerSettings
from tests.deploy import files

SETTINGS = {name.upper() for group in GROUPS.values() for name in group.model_fields}
COMPOSE = ["compose.yaml", "compose.production.yaml"]
UNITS = sorted((files.DEPLOY / "systemd").glob("*.service"))
PORT = ServerSettings.model_fields["port"].default


def ours(name: str) -> dict[str, dict[str, Any]]:
    """Services of the image that is built here."""
    return {n: s for n, s in files.compose(name)["services"].items() if "build" in s}


def known(names: set[str]) -> bool:
    return not names - SETTINGS - set(files.NOT_OURS)


def test_the_image() -> None:
    """Its environment is made of settings; what it runs by default is a command; it exposes the
    port that it listens on, and looks there for its health."""
    text = (files.ROOT / "Dockerfile").read_text()
    assert known({name for name in files.dockerfile_env() if not name.startswith("PIP_")})
    assert 'ENTRYPOINT ["im"]' in text
    assert re.search(r'^CMD \["(\w+)"\]', text, re.MULTILINE)[1] in COMMANDS  # type: ignore[index]
    assert f"EXPOSE {PORT}\n" in text
    assert f"PORT={PORT} " in text


def test_the_image_has_all_that_it_copies() -> None:
    """Each thing that the Dockerfile copies is there, and let in by .dockerignore."""
    text = (files.ROOT / "Dockerfile").read_text()
    let_in = (files.ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.*)", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (files.ROOT / source).exists()
            assert f"!{source.removeprefix('./')}" in let_in


@pytest.mark.parametrize("name", COMPOSE)
def test_compose(name: str) -> None:
    """Settings and commands of each service of ours."""
    for service in ours(name).values():
        assert known(set(service.get("environment", {})))
        assert service["command"][0] in COMMANDS | {"worker": ""}
        for file in service.get("env_file", []):
            assert file == "deploy/production.env"


def test_the_file_of_secrets() -> None:
    """Settings, and what compose itself asks for, all of it."""
    names = files.env_file(files.DEPLOY / "production.env.example")
    assert not names - SETTINGS - files.OF_COMPOSE
    text = (files.ROOT / "compose.production.yaml").read_text()
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert asked == files.OF_COMPOSE == names & files.OF_COMPOSE
    assert "deploy/production.env" in (files.ROOT / ".gitignore").read_text().splitlines()


def test_kubernetes_settings() -> None:
    """Of the config, of the secret, and of each container."""
    assert known(set(files.manifest("ConfigMap", "im-config")["data"]))
    assert known(set(files.manifest("Secret", "im-secret")["stringData"]))
    for workload in files.manifests():
        if workload["kind"] in {"Deployment", "Job"}:
            (container,) = files.pod_of(workload)["containers"]
            assert {one["name"] for one in container.get("env", [])} <= {"POD_NAME"}
            assert container["args"][0] in COMMANDS | {"worker": ""}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_commands(unit: Any) -> None:
    """Each unit runs a command of ours, from where the others run it too."""
    (line,) = re.findall(r"^ExecStart=(.*)", unit.read_text(), re.MULTILINE)
    program, command, *_ = shlex.split(line)
    assert program == "/opt/im/.venv/bin/im"
    assert command in COMMANDS | {"worker": ""}
    assert "EnvironmentFile=/etc/im/im.env\n" in unit.read_text()


def test_ports() -> None:
    """nginx, compose and the manifests look for the service where it listens."""
    nginx = (files.DEPLOY / "nginx.conf").read_text()
    upstreams = set(re.findall(r"^\s+server (\S+) max_fails", nginx, re.MULTILINE))
    production = files.compose("compose.production.yaml")["services"]
    assert upstreams == {f"{name}:{PORT}" for name in production if name.startswith("api-")}
    assert production["nginx"]["ports"] == ["${IM_PUBLISH:-80}:80"]
    assert re.search(r"^\s+listen 80;", nginx, re.MULTILINE)
    assert files.compose("compose.yaml")["services"]["api"]["ports"] == [f"127.0.0.1:8000:{PORT}"]
    (container,) = files.pod_of(files.manifest("Deployment", "im-api"))["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": PORT}]
