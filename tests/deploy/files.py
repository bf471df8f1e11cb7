"""What the deployment files say, read as data."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NOT_OURS = {
    "FORWARDED_ALLOW_IPS": "uvicorn's: whose word is taken for who is calling",
    "PATH": "the system's",
    "PYTHONDONTWRITEBYTECODE": "Python's",
    "PYTHONUNBUFFERED": "Python's",
}
OF_COMPOSE = {
    "IM_VERSION", "IM_PUBLISH", "POSTGRES_PASSWORD", "REPLICATION_PASSWORD", "REDIS_PASSWORD",
}  # fmt: skip
"""What compose.production.yaml itself takes from its file of secrets."""


def compose(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return found


def manifests() -> Iterator[dict[str, Any]]:
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        if file.stem != "kustomization":
            yield from yaml.safe_load_all(file.read_text())


def manifest(kind: str, name: str) -> dict[str, Any]:
    return next(m for m in manifests() if (m["kind"], m["metadata"]["name"]) == (kind, name))


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = workload["spec"]["template"]["spec"]
    return pod


def dockerfile_env() -> set[str]:
    blocks = re.findall(r"^ENV ((?:.*\\\n)*.*)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return {name for block in blocks for name in re.findall(r"(?:^|\s)([A-Z_]+)=", block)}


def env_file(path: Path) -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", path.read_text(), re.MULTILINE))


def seconds(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)?", text).groups()  # type: ignore[union-attr]
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, None: 1}[unit]
