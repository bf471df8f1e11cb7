"""What the files must say for the service's own promises to hold behind them."""

import re
from typing import Any

import pytest

from app.config import DatabaseSettings, ServerSettings, WebSocketSettings
from app.up import nginx
from tests.deploy import files

GRACE_SECONDS = 10
"""That `im serve` takes at the most to end."""


def default(group: Any, name: str) -> Any:
    return group.model_fields[name].default


HEARTBEAT = default(WebSocketSettings, "ws_heartbeat_seconds") + default(
    WebSocketSettings, "ws_heartbeat_timeout"
)
NGINX = (files.DEPLOY / "nginx.conf").read_text()
INGRESS = files.manifest("Ingress", "im")["metadata"]["annotations"]
WORKLOADS = ["im-api", "im-worker"]


def directive(name: str) -> list[str]:
    return re.findall(rf"^\s*{name} ([^;]+);", NGINX, re.MULTILINE)


def test_nginx_conf_is_the_template() -> None:
    """`python -m app.up.nginx > deploy/nginx.conf` makes it, and it is up to date."""
    assert nginx.for_deployment() == NGINX
    assert not re.search(r"@[A-Z_]+@", NGINX)


def test_a_silent_socket_outlives_every_proxy() -> None:
    """A proxy waits longer than the service's own heartbeat takes to give a socket up."""
    sockets = NGINX[NGINX.index("location /ws/") :]
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        (told,) = re.findall(rf"{name} (\S+);", sockets)
        assert files.seconds(told) > HEARTBEAT
    for name in ("proxy-read-timeout", "proxy-send-timeout"):
        assert int(INGRESS[f"nginx.ingress.kubernetes.io/{name}"]) > HEARTBEAT


def test_bodies_are_bounded_alike() -> None:
    """What the service would take, no proxy refuses, and no more than that is let through."""
    longest = str(default(ServerSettings, "max_body_bytes"))
    assert directive("client_max_body_size") == [longest]
    assert INGRESS["nginx.ingress.kubernetes.io/proxy-body-size"] == longest


def test_a_post_is_not_repeated() -> None:
    """Only the client knows whether it may be, by its client_msg_id."""
    assert directive("proxy_next_upstream") == ["error timeout"]
    assert INGRESS["nginx.ingress.kubernetes.io/proxy-next-upstream"] == "error timeout"


def test_no_query_string_is_logged() -> None:
    """A ticket may be in it."""
    (form,) = directive("log_format im")
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", form)
    assert all(told.endswith(" crit") for told in directive("error_log"))


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_rolling_update_leaves_no_gap(name: str) -> None:
    """A new pod is there before an old one goes, and the old one has the time to end."""
    workload = files.manifest("Deployment", name)
    assert workload["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert workload["spec"]["replicas"] >= 2
    selector = workload["spec"]["selector"]
    assert files.manifest("PodDisruptionBudget", name)["spec"]["selector"] == selector
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert selector["matchLabels"].items() <= labels.items()


def test_pods_have_the_time_to_end() -> None:
    """The service: preStop and its own grace. A worker: the same, without preStop."""
    api = files.pod_of(files.manifest("Deployment", "im-api"))
    before = int(api["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert api["terminationGracePeriodSeconds"] > before + GRACE_SECONDS
    worker = files.pod_of(files.manifest("Deployment", "im-worker"))
    assert worker["terminationGracePeriodSeconds"] > GRACE_SECONDS
    services = files.compose("compose.production.yaml")["services"]
    for name in ("api-1", "api-2", "worker-1", "worker-2"):
        assert files.seconds(services[name]["stop_grace_period"]) > GRACE_SECONDS


def test_probes() -> None:
    """Ready asks the database and waits longer than the service itself does; alive asks nobody, so
    that a database that is down restarts nothing."""
    (container,) = files.pod_of(files.manifest("Deployment", "im-api"))["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    patience = default(DatabaseSettings, "database_timeout")
    assert container["readinessProbe"]["timeoutSeconds"] > patience
    assert container["livenessProbe"]["httpGet"]["path"] == "/health"
    assert container["startupProbe"]["httpGet"]["path"] == "/health"
    (worker,) = files.pod_of(files.manifest("Deployment", "im-worker"))["containers"]
    assert "im worker --check" in worker["livenessProbe"]["exec"]["command"][-1]


def test_each_worker_is_asked_for_itself() -> None:
    """By the name that it was started with; another one that is well would hide that it is not."""
    (worker,) = files.pod_of(files.manifest("Deployment", "im-worker"))["containers"]
    assert worker["args"] == ["worker", "--name", "$(POD_NAME)@kubernetes"]
    for probe in ("startupProbe", "livenessProbe"):
        assert '--name "$POD_NAME@kubernetes"' in worker[probe]["exec"]["command"][-1]
    services = files.compose("compose.production.yaml")["services"]
    for name in ("worker-1", "worker-2"):
        assert services[name]["hostname"] == name
        assert services[name]["command"] == ["worker", "--name", f"{name}@compose"]
        assert '--name "$$(hostname)@compose"' in services[name]["healthcheck"]["test"][-1]


def test_nobody_runs_as_root() -> None:
    """In the image, in every pod, in every unit; and production's file system is read-only."""
    assert "\nUSER 10001:10001\n" in (files.ROOT / "Dockerfile").read_text()
    for workload in files.manifests():
        if workload["kind"] in {"Deployment", "Job"}:
            pod = files.pod_of(workload)
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["securityContext"]["runAsUser"] == 10001
            assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    for unit in (files.DEPLOY / "systemd").glob("*.service"):
        assert "\nUser=im\n" in unit.read_text()
        assert "\nNoNewPrivileges=yes\n" in unit.read_text()
    for service in files.compose("compose.production.yaml")["services"].values():
        assert service.get("read_only", "build" not in service)


def test_production_is_not_open() -> None:
    """Whoever calls is known by a token."""
    assert files.manifest("ConfigMap", "im-config")["data"]["AUTH_MODE"] == "jwt"
    services = files.compose("compose.production.yaml")["services"]
    assert services["api-1"]["environment"]["AUTH_MODE"] == "jwt"
    (published,) = files.compose("compose.yaml")["services"]["api"]["ports"]
    assert published.startswith("127.0.0.1:")
