"""The files as the programs that they are for read them, where those are installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.up import nginx
from tests.deploy import files

SYSTEMD, KUBECTL = shutil.which("systemd-analyze"), shutil.which("kubectl")


@pytest.mark.skipif(
    nginx.program() is None, reason="nginx is not installed (apt-get install nginx)"
)
def test_nginx_takes_its_file(tmp_path: Path) -> None:
    """With addresses in the place of names that only compose knows, and folders of ours."""
    program = nginx.program()
    assert program is not None
    text = (files.DEPLOY / "nginx.conf").read_text()
    for name in nginx.INSTANCES_IN_DEPLOYMENT:
        text = text.replace(name, "127.0.0.1:8000")
    folders = "".join(f'{name}_temp_path "{tmp_path}/{name}";\n' for name in nginx.TEMPORARY)
    text = text.replace("http {\n", f"http {{\n{folders}").replace("/run/", f"{tmp_path}/")
    (tmp_path / "nginx.conf").write_text(text)
    done = subprocess.run(
        [program, "-t", "-q", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    problems = [line for line in done.stderr.splitlines() if "[emerg]" in line]
    assert problems == []


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """No unknown setting in any of them."""
    assert SYSTEMD is not None
    names = []
    for unit in (files.DEPLOY / "systemd").iterdir():
        text = unit.read_text().replace("/opt/im/.venv/bin/python", sys.executable)
        text = text.replace("/opt/im/.venv/bin/im", sys.executable)
        name = unit.name.replace("@", "@8000")
        (tmp_path / name).write_text(text)
        names.append(tmp_path / name)
    done = subprocess.run(
        [SYSTEMD, "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    own = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert own == []
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_kustomize_joins_the_manifests() -> None:
    """With the image's tag put in everywhere."""
    assert KUBECTL is not None
    done = subprocess.run(
        [KUBECTL, "kustomize", files.DEPLOY / "kubernetes"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("kind: Deployment\n") >= 2
    assert "kind: Secret" not in done.stdout
