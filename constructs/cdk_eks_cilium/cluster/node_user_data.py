"""User data that tells the kubelet how many pods a node may run; plain text, one form per image."""

from __future__ import annotations

from typing import Final

BOTTLEROCKET: Final = "bottlerocket"
AL2023: Final = "al2023"
AL2: Final = "al2"


def bottlerocket_settings(max_pods: int) -> str:
    """Bottlerocket's TOML; EKS merges the cluster's own settings into it.

    Source: https://bottlerocket.dev/en/os/latest/api/settings/kubernetes/ (``max-pods``).
    """
    return f"[settings.kubernetes]\nmax-pods = {max_pods}\n"


def al2023_node_config(max_pods: int) -> str:
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


def al2_script(max_pods: int) -> str:
    """Shell part for AL2, which runs before EKS's own bootstrap script.

    The script would set the maximum from a table that counts the primary interface; it is told to
    leave that alone, and the kubelet's file gets ours.
    """
    return (
        "#!/bin/bash\n"
        "set -euo pipefail\n"
        "sed -i 's/^USE_MAX_PODS=.*/USE_MAX_PODS=\"false\"/' /etc/eks/bootstrap.sh\n"
        "config=/etc/kubernetes/kubelet/kubelet-config.json\n"
        f'jq \'.maxPods = {max_pods}\' "$config" > "$config.new"\n'
        'mv "$config.new" "$config"\n'
    )
