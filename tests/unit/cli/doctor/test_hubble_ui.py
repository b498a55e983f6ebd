"""``doctor hubble-ui`` with a stand-in for kubectl."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk_eks_cilium.cli.main import main
from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World, ready

Serve = Callable[[World], Path]
Kubectl = Callable[[str], Path]


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    """Puts a kubectl on PATH that notes its arguments and does as told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def make(body: str) -> Path:
        program = folder / "kubectl"
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\n{body}\n')
        program.chmod(0o755)
        return tmp_path / "arguments"

    return make


def told(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a call that cannot go on says."""
    assert main(["doctor", "hubble-ui", "--no-browser", *command]) == 3
    return capsys.readouterr().err


def test_a_cluster_without_the_ui_names_the_setting(
    serve_world: Serve, kubectl: Kubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    world = healthy()
    world.things[kinds.DEPLOYMENTS] = [
        each for each in world.all(kinds.DEPLOYMENTS) if each["metadata"]["name"] != "hubble-ui"
    ]
    serve_world(world)
    arguments = kubectl("exit 0")
    assert "the Hubble UI is not installed: set cilium.hubble.ui: true in the settings" in told([], capsys)
    assert not arguments.exists()


def test_a_pod_that_is_not_ready_says_why(
    serve_world: Serve, kubectl: Kubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    world = healthy()
    pod = world.one(kinds.PODS, "hubble-ui-0")
    pod["status"]["conditions"] = ready(False)
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ImagePullBackOff"}}
    serve_world(world)
    kubectl("exit 0")
    assert "the pod of the Hubble UI is not ready (ImagePullBackOff): kubectl" in told([], capsys)


def test_without_kubectl_it_names_the_call(
    serve_world: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_world(healthy())
    monkeypatch.setenv("PATH", "/nowhere")
    words = told(["--port", "12345"], capsys)
    assert "run: kubectl --namespace kube-system port-forward service/hubble-ui 12345:80" in words


def test_a_port_that_is_taken_is_told_before_the_cluster_is_asked(
    kubectl: Kubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl("exit 0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit):
            main(["doctor", "hubble-ui", "--port", str(port)])
    assert f"--port: {port} is taken on this machine; name another one" in capsys.readouterr().err


def test_a_forwarding_that_ends_says_what_kubectl_said(
    serve_world: Serve, kubectl: Kubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    path = serve_world(healthy())
    arguments = kubectl("echo 'error: lost connection to pod' >&2; exit 1")
    words = told(["--kubeconfig", str(path), "--context", "here", "--port", "12346"], capsys)
    assert "kubectl ended the forwarding: error: lost connection to pod" in words
    assert arguments.read_text().splitlines() == [
        *("--kubeconfig", str(path), "--context", "here", "--namespace", "kube-system"),
        *("port-forward", "service/hubble-ui", "12346:80"),
    ]


def test_the_browser_opens_the_address_that_kubectl_names(
    serve_world: Serve,
    kubectl: Kubectl,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    serve_world(healthy())
    kubectl("echo 'Forwarding from 127.0.0.1:40123 -> 8081'")
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main(["doctor", "hubble-ui"]) == 3  # this kubectl ends at once
    assert opened == ["http://127.0.0.1:40123/"]
    assert "Hubble UI: http://127.0.0.1:40123/ (Ctrl-C ends it)" in capsys.readouterr().out


def test_ctrl_c_ends_it_and_kubectl_with_success(
    serve_world: Serve, kubectl: Kubectl, tmp_path: Path
) -> None:
    serve_world(healthy())
    kubectl(f"echo $$ > '{tmp_path}/pid'; echo 'Forwarding from 127.0.0.1:40124 -> 8081'; exec sleep 60")
    child = subprocess.Popen(
        [sys.executable, "-m", "cdk_eks_cilium", "doctor", "hubble-ui", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert "http://127.0.0.1:40124/" in child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=120)
    assert (child.returncode, errors) == (0, "closed\n")
    pid = int((tmp_path / "pid").read_text())
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("kubectl still runs")
