"""The images that nodes boot: the name of their primary interface, and how they learn max pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

ImageName = Literal["bottlerocket", "al2023", "al2"]
UserDataKind = Literal["settings", "node-config", "script"]
"""The data that an image reads at boot: Bottlerocket's TOML, nodeadm's NodeConfig, or a shell script."""

FIXED_INTERFACE: Final = "eth0"
"""The primary interface of Bottlerocket and AL2, on every instance type.

Bottlerocket boots with the kernel parameter ``net.ifnames=0``:
https://github.com/bottlerocket-os/bottlerocket/blob/develop/variants/aws-k8s-1.35/Cargo.toml.
"""


@dataclass(frozen=True, kw_only=True)
class NodeImage:
    """An image for nodes of EKS.

    Attributes:
        name: The name in settings and constructs.
        primary_interface: The first network interface, None where its name depends on the instance type.
        user_data: The data that it reads at boot.
        has_shell: Whether a pod can run scripts on the node.
        ended: The day of its last fix, None while AWS fixes it.
        last_kubernetes: The newest Kubernetes that AWS makes it for, None for the newest of all.
    """

    name: ImageName
    primary_interface: str | None
    user_data: UserDataKind
    has_shell: bool = True
    ended: str | None = None
    last_kubernetes: str | None = None

    @property
    def end_of_life(self) -> str | None:
        """Advice on an image that AWS fixes no more, None for others."""
        ended = f"image '{self.name}' reached its end on {self.ended} and gets no more fixes"
        return ended if self.ended else None

    def boot_data(self, max_pods: int) -> str:
        """Return the boot data that sets how many pods a node may run."""
        text = {"settings": _settings, "node-config": _node_config, "script": _script}[self.user_data]
        return text(max_pods)


def _settings(max_pods: int) -> str:
    """Bottlerocket's TOML; EKS merges the cluster's own settings into it.

    Source: https://bottlerocket.dev/en/os/latest/api/settings/kubernetes/ (``max-pods``).
    """
    return f"[settings.kubernetes]\nmax-pods = {max_pods}\n"


def _node_config(max_pods: int) -> str:
    """AL2023's NodeConfig; EKS adds a second one with the cluster's details.

    Source: https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/ (``kubelet.config``).
    """
    return (
        "apiVersion: node.eks.aws/v1alpha1\n"
        "kind: NodeConfig\n"
        "spec:\n"
        "  kubelet:\n"
        "    config:\n"
        f"      maxPods: {max_pods}\n"
    )


def _script(max_pods: int) -> str:
    """Shell part for AL2, which runs before EKS's own bootstrap script.

    The bootstrap script would set the maximum from a table that counts the primary interface. This part
    turns that off, and writes our maximum to the kubelet's file.
    """
    return (
        "#!/bin/bash\n"
        "set -euo pipefail\n"
        "sed -i 's/^USE_MAX_PODS=.*/USE_MAX_PODS=\"false\"/' /etc/eks/bootstrap.sh\n"
        "config=/etc/kubernetes/kubelet/kubelet-config.json\n"
        f'jq \'.maxPods = {max_pods}\' "$config" > "$config.new"\n'
        'mv "$config.new" "$config"\n'
    )


BOTTLEROCKET: Final = NodeImage(
    name="bottlerocket", primary_interface=FIXED_INTERFACE, user_data="settings", has_shell=False
)
AL2023: Final = NodeImage(name="al2023", primary_interface=None, user_data="node-config")
AL2: Final = NodeImage(
    name="al2",
    primary_interface=FIXED_INTERFACE,
    user_data="script",
    ended="2025-11-26",
    last_kubernetes="1.32",
)

IMAGES: Final[Mapping[str, NodeImage]] = MappingProxyType(
    {image.name: image for image in (AL2, AL2023, BOTTLEROCKET)}
)
"""Every image by its name."""
