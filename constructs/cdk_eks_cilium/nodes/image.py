"""The images that nodes boot: where AWS publishes them, their primary interface, and their boot data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from .bootstrap import Bootstrap, Part, bootstrap_script, bottlerocket_settings, node_config

ImageName = Literal["bottlerocket", "al2023", "al2"]
Accelerator = Literal["nvidia", "neuron"]
"""Chips beside the CPU: GPUs of NVIDIA, or Inferentia and Trainium."""

# belief: CDK-diff-hides-new-images, NODE-new-image-replaces-nodes
LATEST: Final = "latest"
"""The image that AWS recommends on the day of the deploy."""

# belief: NODE-bottlerocket-interface
FIXED_INTERFACE: Final = "eth0"
"""The primary interface of Bottlerocket and AL2, on every instance type.

Bottlerocket boots with the kernel parameter ``net.ifnames=0``:
https://github.com/bottlerocket-os/bottlerocket/blob/develop/variants/aws-k8s-1.35/Cargo.toml.
"""


@dataclass(frozen=True, kw_only=True)
class ImageRequest:
    """Which image of a family a node boots.

    Attributes:
        kubernetes_version: Minor version, ``1.35``.
        architecture: ``x86_64`` or ``arm64``.
        version: `LATEST`, or a release of the image.
        accelerator: The chips that the image must have drivers for.
    """

    kubernetes_version: str
    architecture: str
    version: str = LATEST
    accelerator: Accelerator | None = None


@dataclass(frozen=True, kw_only=True)
class NodeImage:
    """An image for nodes of EKS.

    Attributes:
        name: The name in settings and constructs.
        primary_interface: The first network interface, None where its name depends on the instance type.
        boot_data: Makes the boot data: one text, or the parts of a multipart document.
        parameter: Makes the name of AWS's public parameter with the image's id.
        releases: The pattern of a release.
        release_example: A release, for errors.
        accelerators: The chips that AWS has an image of this family for.
        has_shell: Whether a pod can run scripts on the node.
        asks_for_services: Whether a node can ask EKS for the range of the Services.
        ended: The day of its last fix, None while AWS fixes it.
        last_kubernetes: The newest Kubernetes that AWS makes it for, None for the newest of all.
    """

    name: ImageName
    primary_interface: str | None
    boot_data: Callable[[Bootstrap], str | list[Part]]
    parameter: Callable[[ImageRequest], str]
    releases: str
    release_example: str
    accelerators: tuple[Accelerator, ...] = ()
    has_shell: bool = True
    asks_for_services: bool = True
    ended: str | None = None
    last_kubernetes: str | None = None

    @property
    def end_of_life(self) -> str | None:
        """Advice on an image that AWS fixes no more, None for others."""
        ended = f"image '{self.name}' reached its end on {self.ended} and gets no more fixes"
        return ended if self.ended else None

    def has_release(self, version: str) -> bool:
        """Whether *version* has the form of a release of this image, or is `LATEST`."""
        return version == LATEST or re.fullmatch(self.releases, version) is not None


def _bottlerocket_parameter(image: ImageRequest) -> str:
    """Source: https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id-bottlerocket.html.

    The image without a suffix has Neuron's driver; Karpenter, too, takes it for Neuron:
    https://github.com/aws/karpenter-provider-aws/blob/main/pkg/providers/amifamily/bottlerocket.go.
    """
    flavor = "-nvidia" if image.accelerator == "nvidia" else ""
    variant = f"aws-k8s-{image.kubernetes_version}{flavor}"
    return f"/aws/service/bottlerocket/{variant}/{image.architecture}/{image.version}/image_id"


def _al2023_parameter(image: ImageRequest) -> str:
    """Source: https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html.

    The name of a release is that of Karpenter:
    https://github.com/aws/karpenter-provider-aws/blob/main/pkg/providers/amifamily/al2023.go.
    """
    variant = image.accelerator or "standard"
    name = f"{image.architecture}-{variant}-{image.kubernetes_version}-{image.version}"
    release = "recommended" if image.version == LATEST else f"amazon-eks-node-al2023-{name}"
    family = f"{image.kubernetes_version}/amazon-linux-2023/{image.architecture}/{variant}"
    return f"/aws/service/eks/optimized-ami/{family}/{release}/image_id"


def _al2_parameter(image: ImageRequest) -> str:
    """Source: https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html."""
    arm = image.architecture == "arm64"
    name = f"amazon-eks-{'arm64-' if arm else ''}node-{image.kubernetes_version}-{image.version}"
    release = "recommended" if image.version == LATEST else name
    family = f"{image.kubernetes_version}/amazon-linux-2{'-arm64' if arm else ''}"
    return f"/aws/service/eks/optimized-ami/{family}/{release}/image_id"


# belief: NODE-bottlerocket-boot-data, NODE-image-parameters
BOTTLEROCKET: Final = NodeImage(
    name="bottlerocket",
    primary_interface=FIXED_INTERFACE,
    boot_data=bottlerocket_settings,
    parameter=_bottlerocket_parameter,
    releases=r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-f]{8})?",
    release_example="1.62.0",
    accelerators=("nvidia", "neuron"),
    has_shell=False,
)
# belief: NODE-al2023-interface, NODE-al2023-boot-data
AL2023: Final = NodeImage(
    name="al2023",
    primary_interface=None,
    boot_data=node_config,
    parameter=_al2023_parameter,
    releases=r"v20[0-9]{6}",
    release_example="v20261104",
    accelerators=("nvidia", "neuron"),
    asks_for_services=False,
)
AL2: Final = NodeImage(
    name="al2",
    primary_interface=FIXED_INTERFACE,
    boot_data=bootstrap_script,
    parameter=_al2_parameter,
    releases=r"v20[0-9]{6}",
    release_example="v20251112",
    ended="2025-11-26",
    last_kubernetes="1.32",
)

IMAGES: Final[Mapping[str, NodeImage]] = MappingProxyType(
    {image.name: image for image in (AL2, AL2023, BOTTLEROCKET)}
)
"""Every image by its name."""
