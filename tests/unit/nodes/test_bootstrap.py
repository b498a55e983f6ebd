"""The boot data of each image, read back by other programs: tomllib, PyYAML and bash."""

from __future__ import annotations

import base64
import shlex
import subprocess
import tomllib
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.nodes import AL2, AL2023, BOTTLEROCKET, NODE_CONFIG, Bootstrap, Part, Proxy, Taint

NODE = Bootstrap(
    cluster_name="platform",
    api_server="https://ABC.gr7.eu-west-1.eks.amazonaws.com",
    certificate_authority="Zm9vYmFy",
    service_cidr="172.20.0.0/16",
    cluster_dns="172.20.0.10",
    max_pods=58,
)
GPU = replace(
    NODE,
    labels={"team": "shop", "example.com/tier": "gold"},
    taints=(Taint("dedicated", "gpu"), Taint("dedicated", "gpu", "NoExecute"), Taint("bare")),
)
PEM = "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n"
BEHIND = replace(
    NODE, proxy=Proxy(url="http://proxy:3128", no_proxy=[".corp"]), certificates={"corporate": PEM}
)


def toml(node: Bootstrap) -> dict[str, Any]:
    text = BOTTLEROCKET.boot_data(node)
    assert isinstance(text, str)
    settings: dict[str, Any] = tomllib.loads(text)["settings"]
    return settings


def parts(image: Any, node: Bootstrap) -> list[Part]:
    made = image.boot_data(node)
    assert isinstance(made, list)
    return made


def config(node: Bootstrap) -> Any:
    (text,) = [part.text for part in parts(AL2023, node) if part.content_type == NODE_CONFIG]
    return yaml.safe_load(text)


def call(node: Bootstrap) -> list[str]:
    script = parts(AL2, node)[-1].text
    return shlex.split(script.splitlines()[-1])


def test_bottlerocket_joins_with_what_it_is_told() -> None:
    assert toml(NODE) == {
        "kubernetes": {
            "api-server": "https://ABC.gr7.eu-west-1.eks.amazonaws.com",
            "cluster-certificate": "Zm9vYmFy",
            "cluster-name": "platform",
            "cluster-dns-ip": "172.20.0.10",
            "max-pods": 58,
        }
    }


def test_bottlerocket_asks_eks_for_the_dns_of_an_unknown_range() -> None:
    assert "cluster-dns-ip" not in toml(replace(NODE, cluster_dns=None))["kubernetes"]


def test_bottlerocket_registers_with_labels_and_taints() -> None:
    assert toml(GPU)["kubernetes"]["node-labels"] == {"team": "shop", "example.com/tier": "gold"}
    assert toml(GPU)["kubernetes"]["node-taints"] == {
        "dedicated": ["gpu:NoSchedule", "gpu:NoExecute"],
        "bare": [":NoSchedule"],
    }


def test_bottlerocket_takes_the_proxy_and_the_certificates() -> None:
    found = toml(BEHIND)

    assert found["network"]["https-proxy"] == "http://proxy:3128"
    assert {"169.254.169.254", ".eks.amazonaws.com", "172.20.0.0/16", ".corp"} <= {
        *found["network"]["no-proxy"]
    }
    assert base64.b64decode(found["pki"]["corporate"]["data"]).decode() == PEM
    assert found["pki"]["corporate"]["trusted"] is True


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    st.text(st.characters(exclude_categories=["Cs", "Cc"])),
)
def test_any_text_reaches_bottlerocket_unchanged(key: str, value: str) -> None:
    assert toml(replace(NODE, labels={key: value}))["kubernetes"]["node-labels"] == {key: value}


def test_al2023_joins_with_what_it_is_told() -> None:
    assert config(NODE) == {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {
            "cluster": {
                "name": "platform",
                "apiServerEndpoint": "https://ABC.gr7.eu-west-1.eks.amazonaws.com",
                "certificateAuthority": "Zm9vYmFy",
                "cidr": "172.20.0.0/16",
            },
            "kubelet": {"config": {"maxPods": 58}},
        },
    }


def test_al2023_registers_with_labels_and_taints() -> None:
    assert config(GPU)["spec"]["kubelet"]["flags"] == [
        "--node-labels=team=shop,example.com/tier=gold",
        "--register-with-taints=dedicated=gpu:NoSchedule,dedicated=gpu:NoExecute,bare=:NoSchedule",
    ]


def test_al2_calls_the_bootstrap_script_of_eks() -> None:
    assert call(NODE) == [
        "/etc/eks/bootstrap.sh",
        "platform",
        "--apiserver-endpoint",
        "https://ABC.gr7.eu-west-1.eks.amazonaws.com",
        "--b64-cluster-ca",
        "Zm9vYmFy",
        "--dns-cluster-ip",
        "172.20.0.10",
        "--use-max-pods",
        "false",
        "--kubelet-extra-args",
        "--max-pods=58",
    ]


def test_al2_registers_with_labels_and_taints() -> None:
    assert call(GPU)[-1] == (
        "--max-pods=58 --node-labels=team=shop,example.com/tier=gold "
        "--register-with-taints=dedicated=gpu:NoSchedule,dedicated=gpu:NoExecute,bare=:NoSchedule"
    )


@pytest.mark.parametrize("image", [AL2023, AL2])
def test_amazon_linux_sets_the_proxy_and_the_certificates_first(image: Any) -> None:
    first, *_ = parts(image, BEHIND)

    assert "cat > /etc/pki/ca-trust/source/anchors/corporate.pem <<'END'\n-----BEGIN" in first.text
    assert 'Environment="HTTPS_PROXY=http://proxy:3128"' in first.text
    assert "/etc/systemd/system/nodeadm-run.service.d/proxy.conf" in first.text
    assert len(parts(image, NODE)) == 1


@pytest.mark.parametrize("node", [NODE, GPU, BEHIND])
@pytest.mark.parametrize("image", [AL2023, AL2])
def test_bash_can_read_every_script(image: Any, node: Bootstrap) -> None:
    for part in parts(image, node):
        if part.content_type != NODE_CONFIG:
            done = subprocess.run(
                ["bash", "-n"], input=part.text, text=True, capture_output=True, check=False
            )
            assert (done.returncode, done.stderr) == (0, "")
