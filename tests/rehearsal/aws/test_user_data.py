from __future__ import annotations

import pytest

from rehearsal.aws.user_data import UserDataError, max_pods

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


@pytest.mark.parametrize(
    ("image", "text", "expected"),
    [
        ("BOTTLEROCKET_x86_64", '[settings.kubernetes]\n"max-pods" = 110\n', 110),
        ("BOTTLEROCKET_ARM_64", "", None),
        ("AL2023_x86_64_STANDARD", NODE_CONFIG, 58),
        ("AL2023_x86_64_STANDARD", "#!/bin/sh\n", None),
        ("AL2_x86_64", "/etc/eks/bootstrap.sh c --kubelet-extra-args '--max-pods=29'", 29),
        ("AL2_x86_64", "#!/bin/bash\njq '.maxPods = 110' config.json\n", 110),
        ("AL2_x86_64", "#!/bin/bash\n", None),
    ],
)
def test_max_pods_are_read_in_the_language_of_the_image(image: str, text: str, expected: int | None) -> None:
    assert max_pods(text, image) == expected


def test_user_data_that_bottlerocket_cannot_read_is_refused() -> None:
    with pytest.raises(UserDataError, match="Bottlerocket reads user data as TOML, which this is not"):
        max_pods("#!/bin/sh\necho", "BOTTLEROCKET_x86_64")


def test_a_node_config_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(UserDataError, match="nodeadm reads this part as YAML, which it is not"):
        max_pods(NODE_CONFIG.replace("kind: NodeConfig", "kind: [", 1), "AL2023_x86_64_STANDARD")
