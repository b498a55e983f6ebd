"""Cilium's pre-flight check, as a plan tells it, with Cilium's own charts."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from cdk_eks_cilium.upgrade_plan.pre_flight import SWITCHES, TEMPLATES
from cdk_eks_cilium.values import CiliumValues, Egress, Hubble
from rehearsal.charts.template import helm_binary
from tests.charts.rendered import Rendered
from tests.charts.versions import both_helms, charts_or_skip, every_version, values_for
from tests.releases import since

charts_or_skip()

VALUES = {
    "the defaults": CiliumValues(),
    "hubble and no kube-proxy": CiliumValues(
        egress=Egress.node("eth0"), hubble=Hubble(relay=True, ui=True), kube_proxy_replacement=True
    ),
}
REGISTRY = CiliumValues(egress=Egress.node("eth0"), image_registry="registry.example.com/mirror")


def check(number: str, values: CiliumValues, helm: int, folder: Path) -> Rendered:
    file = folder / "values.yaml"
    file.write_text(json.dumps(values_for(number, values)))
    chart = Path(os.environ["CILIUM_CHARTS"]) / f"cilium-{number}.tgz"
    switches = [word for switch in SWITCHES for word in ("--set", switch)]
    command = [
        str(helm_binary(helm)),
        "template",
        "cilium-preflight",
        str(chart),
        "--namespace",
        "kube-system",
    ]
    done = subprocess.run(
        [*command, "--values", str(file), *switches, "--show-only", TEMPLATES],
        capture_output=True,
        text=True,
        check=True,
    )
    return Rendered(done.stdout)


@every_version
@both_helms
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_it_brings_the_check_alone(number: str, helm: int, values: CiliumValues, tmp_path: Path) -> None:
    found = {
        f"{each['kind']}/{each['metadata']['name']}" for each in check(number, values, helm, tmp_path).objects
    }
    assert found == {
        "ClusterRole/cilium-pre-flight",
        "ClusterRoleBinding/cilium-pre-flight",
        "DaemonSet/cilium-pre-flight-check",
        "Deployment/cilium-pre-flight-check",
        "ServiceAccount/cilium-pre-flight",
    }


@pytest.mark.parametrize("number", since("1.18"))
def test_its_images_come_from_the_registry_of_the_values(number: str, tmp_path: Path) -> None:
    for each in check(number, REGISTRY, 4, tmp_path).objects:
        pod = each.get("spec", {}).get("template", {}).get("spec", {})
        for container in [*pod.get("initContainers", ()), *pod.get("containers", ())]:
            assert container["image"].startswith("registry.example.com/mirror/")


@every_version
def test_the_container_whose_log_a_plan_names_is_there(number: str, tmp_path: Path) -> None:
    found = check(number, CiliumValues(), 4, tmp_path)
    assert found.at("Deployment/cilium-pre-flight-check:spec.template.spec.containers[cnp-validator].name")
