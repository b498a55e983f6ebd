"""What an import changes, told by Cilium's own charts: the ConfigMap of the agents before and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.settings import cilium_values
from cdk_eks_cilium.settings.importing import import_settings
from cdk_eks_cilium.values import helm_values
from cdk_eks_cilium.values.importing import Source, config_differences
from cdk_eks_cilium.versions import CiliumVersion
from tests.charts.versions import REFS, Render, charts_or_skip

charts_or_skip()

ENI = {"enabled": True, "awsEnablePrefixDelegation": True, "awsReleaseExcessIPs": True}
ROUTED: dict[str, Any] = {"eni": ENI, "ipam": {"mode": "eni"}, "routingMode": "native"}
#: Kinds of values files.
FILES: dict[str, dict[str, Any]] = {
    "plain": ROUTED,
    "node-address": {
        **ROUTED,
        "enableIPv4Masquerade": True,
        "egressMasqueradeInterfaces": "eth0",
        "hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}, "metrics": {"enabled": ["drop"]}},
        "operator": {"replicas": 1},
    },
    "kube-proxy": {
        **ROUTED,
        "enableIPv4Masquerade": False,
        "kubeProxyReplacement": "true",
        "k8sServiceHost": "example.invalid",
        "k8sServicePort": 443,
        "loadBalancer": {"algorithm": "maglev"},
        "encryption": {"enabled": True, "type": "wireguard"},
        "bandwidthManager": {"enabled": True},
    },
}
#: What the deployment decides: its names and tags, pod subnets, and how agents learn of them.
DECIDED = {
    "cluster-name",
    "eni-first-interface-index",
    "eni-subnet-ids",
    "eni-tags",
    "read-cni-conf",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("number", ["1.16.19", "1.18.12", "1.19.6", "1.20.0"])
def test_an_import_changes_nothing_that_agents_read_but_what_the_deployment_decides(
    number: str, name: str, render: Render
) -> None:
    theirs = FILES[name]
    version = CiliumVersion.of(number)
    found = import_settings(Source(theirs), version)
    ours = helm_values(cilium_values(found.settings), version, REFS)
    before, after = render(number, theirs).config, render(number, ours).config
    differing = {each.key for each in config_differences(before, after)}
    # Below 1.18 the plain file translates addresses on every interface, also of pods.
    every_interface = name == "plain" and not version.at_least("1.18")
    assert differing - DECIDED == ({"egress-masquerade-interfaces"} if every_interface else set())


def test_the_command_compares_the_config_map_by_helm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(json.dumps({**FILES["kube-proxy"], "tunnel": "disabled"}))
    assert main(["settings", "import", str(file), "--cilium", "1.19.6", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["compared"] == "the ConfigMap cilium-config that Helm renders"
    (refusal,) = data["notes"]
    assert refusal.startswith(
        "The chart refuses the values as they are: execution error at (cilium/templates/val"
    )
    assert {each["key"] for each in data["differences"]} <= DECIDED
