"""Reading user data in each image's own language, and what the library writes read back."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.nodes import IMAGES, Bootstrap, Taint
from rehearsal.aws.user_data import BootData, UserDataError, boot_data, family_of

NODE_CONFIG = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  kubelet:
    config:
      maxPods: 58
--B--
"""
NODE = Bootstrap(
    cluster_name="platform",
    api_server="https://api",
    certificate_authority="Zm9v",
    service_cidr="172.20.0.0/16",
    cluster_dns="172.20.0.10",
    max_pods=58,
    labels={"team": "shop"},
    taints=(Taint("dedicated", "gpu"), Taint("bare", effect="NoExecute")),
)


def written(image: str) -> str:
    data: Any = IMAGES[image].boot_data(NODE)
    if isinstance(data, str):
        return data
    parts = "".join(f"--B\nContent-Type: {part.content_type}\n\n{part.text}\n" for part in data)
    return f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n{parts}--B--\n'


@pytest.mark.parametrize("image", sorted(IMAGES))
def test_what_the_library_writes_is_read_back(image: str) -> None:
    found = boot_data(written(image), image)

    assert found.missing == []
    assert (found.max_pods, found.labels) == (58, {"team": "shop"})
    assert found.taints == (
        {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"},
        {"key": "bare", "value": "", "effect": "NoExecute"},
    )
    assert family_of(written(image)) == image


@pytest.mark.parametrize(
    ("image", "text", "expected"),
    [
        ("bottlerocket", '[settings.kubernetes]\n"max-pods" = 110\n', 110),
        ("bottlerocket", "", None),
        ("al2023", NODE_CONFIG, 58),
        ("al2023", "#!/bin/sh\n", None),
        ("al2", "/etc/eks/bootstrap.sh c --kubelet-extra-args '--max-pods=29'", 29),
        ("al2", "#!/bin/bash\njq '.maxPods = 110' config.json\n", 110),
        ("al2", "#!/bin/bash\n", None),
    ],
)
def test_max_pods_are_read_in_the_language_of_the_image(image: str, text: str, expected: int | None) -> None:
    assert boot_data(text, image).max_pods == expected


@pytest.mark.parametrize(
    ("image", "text", "missing"),
    [
        (
            "bottlerocket",
            "[settings.kubernetes]\nmax-pods = 1\n",
            ["cluster-name", "api-server", "cluster-certificate"],
        ),
        ("al2023", NODE_CONFIG, ["name", "apiServerEndpoint", "certificateAuthority", "cidr"]),
        ("al2", "/etc/eks/bootstrap.sh c --b64-cluster-ca Zm9v", ["--apiserver-endpoint"]),
        ("al2", "#!/bin/bash\n", ["cluster name", "--apiserver-endpoint", "--b64-cluster-ca"]),
    ],
)
def test_what_a_node_needs_to_join_is_missed(image: str, text: str, missing: list[str]) -> None:
    assert boot_data(text, image).missing == missing


def test_no_data_asks_for_nothing() -> None:
    assert BootData().missing == []


def test_user_data_bottlerocket_cannot_read_is_refused() -> None:
    with pytest.raises(UserDataError, match="Bottlerocket reads user data as TOML, which this is not"):
        boot_data("#!/bin/sh\n\x01", "bottlerocket")


def test_a_part_nodeadm_cannot_read_is_refused() -> None:
    with pytest.raises(UserDataError, match="nodeadm reads this part as YAML, which it is not"):
        boot_data(NODE_CONFIG.replace("kind: NodeConfig", "kind: [NodeConfig"), "al2023")
