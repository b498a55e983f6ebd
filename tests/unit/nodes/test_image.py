"""Where AWS publishes the images of nodes."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.nodes import IMAGES, Accelerator, ImageRequest, accelerator_of

BOTTLEROCKET = "/aws/service/bottlerocket"
OPTIMIZED = "/aws/service/eks/optimized-ami/1.35"


@pytest.mark.parametrize(
    ("image", "architecture", "version", "accelerator", "parameter"),
    [
        ("bottlerocket", "x86_64", "latest", None, f"{BOTTLEROCKET}/aws-k8s-1.35/x86_64/latest/image_id"),
        ("bottlerocket", "arm64", "1.62.0", None, f"{BOTTLEROCKET}/aws-k8s-1.35/arm64/1.62.0/image_id"),
        (
            "bottlerocket",
            "x86_64",
            "latest",
            "nvidia",
            f"{BOTTLEROCKET}/aws-k8s-1.35-nvidia/x86_64/latest/image_id",
        ),
        ("bottlerocket", "x86_64", "latest", "neuron", f"{BOTTLEROCKET}/aws-k8s-1.35/x86_64/latest/image_id"),
        (
            "al2023",
            "arm64",
            "latest",
            None,
            f"{OPTIMIZED}/amazon-linux-2023/arm64/standard/recommended/image_id",
        ),
        (
            "al2023",
            "x86_64",
            "v20261104",
            "neuron",
            f"{OPTIMIZED}/amazon-linux-2023/x86_64/neuron/"
            "amazon-eks-node-al2023-x86_64-neuron-1.35-v20261104/image_id",
        ),
        ("al2", "x86_64", "latest", None, f"{OPTIMIZED}/amazon-linux-2/recommended/image_id"),
        (
            "al2",
            "arm64",
            "v20251112",
            None,
            f"{OPTIMIZED}/amazon-linux-2-arm64/amazon-eks-arm64-node-1.35-v20251112/image_id",
        ),
    ],
)
def test_an_image_is_found_where_aws_documents_it(
    image: str, architecture: str, version: str, accelerator: Accelerator | None, parameter: str
) -> None:
    request = ImageRequest(
        kubernetes_version="1.35", architecture=architecture, version=version, accelerator=accelerator
    )
    assert IMAGES[image].parameter(request) == parameter


@pytest.mark.parametrize(
    ("image", "version", "known"),
    [
        ("bottlerocket", "latest", True),
        ("bottlerocket", "1.62.0-0f1e2d3c", True),
        ("bottlerocket", "v1.62.0", False),
        ("bottlerocket", "v20261104", False),
        ("al2023", "v20261104", True),
        ("al2023", "20261104", False),
        ("al2023", "1.62.0", False),
    ],
)
def test_a_release_has_the_form_of_its_image(image: str, version: str, known: bool) -> None:
    assert IMAGES[image].has_release(version) is known


@pytest.mark.parametrize(
    ("name", "chips"),
    [
        ("m6i.large", None),
        ("g4ad.xlarge", None),
        ("gr6.4xlarge", "nvidia"),
        ("g5g.xlarge", "nvidia"),
        ("p4d.24xlarge", "nvidia"),
        ("inf2.xlarge", "neuron"),
        ("trn1n.32xlarge", "neuron"),
    ],
)
def test_a_family_tells_its_chips(name: str, chips: str | None) -> None:
    assert accelerator_of(name) == chips
